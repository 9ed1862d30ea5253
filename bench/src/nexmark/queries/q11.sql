-- User sessions: the bids of each bidder between pauses of more than ten seconds.
WITH marked AS (
  SELECT
    bidder, date_time,
    CASE WHEN date_time - lag(date_time) OVER (PARTITION BY bidder ORDER BY date_time) <= INTERVAL 10 SECOND THEN 0 ELSE 1 END AS begins
  FROM nexmark.bid
),
numbered AS (
  SELECT bidder, date_time, sum(begins) OVER (PARTITION BY bidder ORDER BY date_time) AS session
  FROM marked
)
SELECT bidder, count(*) AS bids, min(date_time) AS starts, max(date_time) AS ends
FROM numbered
GROUP BY bidder, session
