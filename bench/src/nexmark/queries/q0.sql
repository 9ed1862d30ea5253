-- Pass through: what the engine costs by itself.
SELECT auction, bidder, price, date_time, extra
FROM nexmark.bid
