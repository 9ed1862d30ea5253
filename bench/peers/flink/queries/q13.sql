SELECT b.auction, b.bidder, b.price, b.date_time, s.`value`
FROM bid b
JOIN side_input FOR SYSTEM_TIME AS OF b.processed AS s ON MOD(b.auction, 10000) = s.key
