-- Bids of each bidder in windows of ten seconds. In the original by the time of processing, which no answer can be checked by.
SELECT bidder, count(*) AS bids, time_bucket(INTERVAL 10 SECOND, date_time) AS window_start
FROM nexmark.bid
GROUP BY ALL
