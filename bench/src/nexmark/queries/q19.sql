-- The ten best bids of each auction.
SELECT *, row_number() OVER (PARTITION BY auction ORDER BY price DESC, date_time) AS place
FROM nexmark.bid
QUALIFY place <= 10
