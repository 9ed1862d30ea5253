-- Monitor new users: who came and sold within the same ten seconds.
SELECT DISTINCT p.id, p.name, time_bucket(INTERVAL 10 SECOND, p.date_time) AS window_start
FROM nexmark.person p
JOIN nexmark.auction a
  ON p.id = a.seller AND time_bucket(INTERVAL 10 SECOND, p.date_time) = time_bucket(INTERVAL 10 SECOND, a.date_time)
