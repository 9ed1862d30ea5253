-- Models read models as if they were tables.
select country, count(*) as orders, sum(total) as total
from order_totals
group by country
