-- Hot items: the auctions with the most bids in the last ten seconds, every two seconds.
WITH counted AS (
  SELECT auction, time_bucket(INTERVAL 2 SECOND, date_time) - to_seconds(2 * hop.n) AS window_start, count(*) AS bids
  FROM nexmark.bid
  CROSS JOIN (VALUES (0), (1), (2), (3), (4)) hop(n)
  GROUP BY ALL
)
SELECT c.auction, c.window_start, c.bids
FROM counted c
JOIN (SELECT window_start, max(bids) AS most FROM counted GROUP BY window_start) m ON c.window_start = m.window_start
WHERE c.bids >= m.most
