-- What each order comes to, with where it goes. Kept up to date with every change.
select
  o.id as order_id,
  max(c.country) as country,
  max(o.status) as status,
  count(*) as lines,
  sum(i.quantity) as items,
  sum(i.quantity * i.unit_price) as total,
  sum(i.quantity * p.weight_grams) as weight_grams
from shop.orders o
join shop.customers c on c.id = o.customer_id
join shop.order_items i on i.order_id = o.id
join shop.products p on p.id = i.product_id
group by o.id
