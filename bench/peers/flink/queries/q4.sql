-- An average of whole numbers is a whole number in Flink: as doubles they have the average of standard SQL's engines.
SELECT category, AVG(CAST(final AS DOUBLE)) AS average
FROM (
  SELECT MAX(b.price) AS final, a.category
  FROM auction a, bid b
  WHERE a.id = b.auction AND b.date_time BETWEEN a.date_time AND a.expires
  GROUP BY a.id, a.category
)
GROUP BY category
