SELECT
  auction, bidder, 0.908 * price AS price,
  CASE
    WHEN HOUR(date_time) >= 8 AND HOUR(date_time) <= 18 THEN 'day'
    WHEN HOUR(date_time) <= 6 OR HOUR(date_time) >= 20 THEN 'night'
    ELSE 'other'
  END AS bid_time,
  date_time, extra, count_char(extra, 'c') AS c_counts
FROM bid
WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000
