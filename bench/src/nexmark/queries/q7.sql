-- Highest bid of each ten seconds.
SELECT b.auction, b.price, b.bidder, b.date_time, b.extra
FROM nexmark.bid b
JOIN (
  SELECT time_bucket(INTERVAL 10 SECOND, date_time) AS window_start, max(price) AS highest
  FROM nexmark.bid
  GROUP BY ALL
) m ON time_bucket(INTERVAL 10 SECOND, b.date_time) = m.window_start AND b.price = m.highest
