SELECT bidder, COUNT(*) AS bids, window_start
FROM TABLE(TUMBLE(TABLE timed_bid, DESCRIPTOR(event_time), INTERVAL '10' SECOND))
GROUP BY bidder, window_start, window_end
