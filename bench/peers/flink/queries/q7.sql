-- In Nexmark's own form a bid at the very end of a window belongs to two of them; here to one.
SELECT b.auction, b.price, b.bidder, b.date_time, b.extra
FROM timed_bid b
JOIN (
  SELECT MAX(price) AS highest, window_start, window_end
  FROM TABLE(TUMBLE(TABLE timed_bid, DESCRIPTOR(event_time), INTERVAL '10' SECOND))
  GROUP BY window_start, window_end
) m ON b.price = m.highest
WHERE b.date_time >= m.window_start AND b.date_time < m.window_end
