-- Bounded side input: bids joined with a table that stands still.
SELECT b.auction, b.bidder, b.price, b.date_time, s.value
FROM nexmark.bid b
JOIN nexmark.side_input s ON b.auction % 10000 = s.key
