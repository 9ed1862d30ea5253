SELECT bidder, COUNT(*) AS bids, MIN(date_time) AS starts, MAX(date_time) AS ends
FROM TABLE(SESSION(TABLE timed_bid PARTITION BY bidder, DESCRIPTOR(event_time), INTERVAL '10' SECOND))
GROUP BY bidder, window_start, window_end
