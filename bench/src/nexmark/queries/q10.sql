-- Log to files: the columns that a partitioned folder needs.
SELECT
  auction, bidder, price, date_time, extra,
  strftime(date_time, '%Y-%m-%d') AS day,
  strftime(date_time, '%H:%M') AS minute
FROM nexmark.bid
