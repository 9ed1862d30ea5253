-- What is still to be paid of each order. Kept up to date with every file that arrives.
select
  o.id as order_id,
  o.customer,
  o.amount,
  coalesce(p.paid, 0) as paid,
  o.amount - coalesce(p.paid, 0) as open_amount
from inbox.orders o
left join (
  select order_id, sum(amount) as paid
  from inbox.payments
  group by order_id
) p on p.order_id = o.id
