-- The source by itself: every column of every bid.
SELECT auction, bidder, price, channel, url, date_time, extra
FROM bid
