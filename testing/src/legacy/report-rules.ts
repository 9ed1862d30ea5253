/** Rules at the ends of the tree: what people read. No other view stands on them. */
import { pick } from '@millrace/base'
import { CURRENCIES, REGIONS } from './schema.ts'
import type { Rule } from './view-writer.ts'

const byRegion: Rule = ({ random, from }) =>
  `select f.region, f.currency, count(*) as lines, sum(f.amount) as total, round(avg(f.amount), ${2 + random.below(3)}) as mean, avg(f.quantity) as quantity,
  min(f.booked_on) as first, max(f.booked_on) as last, sum(f.quantity) as pieces, bool_or(f.is_open) as any_open
from ${from} f where f.amount is not null group by f.region, f.currency having sum(f.quantity) > ${random.below(20)}`

const rollup: Rule = ({ random, from }) =>
  `select f.region, date_trunc('${pick(random, ['month', 'quarter'])}', f.booked_on)::date as period, grouping(f.region) as level, sum(f.amount) as total, count(distinct f.customer_id) as customers
from ${from} f group by rollup (f.region, date_trunc('month', f.booked_on)::date, date_trunc('quarter', f.booked_on)::date)`

const groupingSets: Rule = ({ from, random }) =>
  `select f.region, f.tag, coalesce(sum(f.amount), 0) as total, max(f.rate) as rate from ${from} f where f.quantity > ${random.below(10)}
group by grouping sets ((f.region), (f.tag), ())`

const pivot: Rule = ({ from, random }) =>
  `select f.customer_id, ${CURRENCIES.map((currency) => `sum(f.amount) filter (where f.currency = '${currency}') as ${currency.toLowerCase()}`).join(', ')},
  count(*) filter (where f.is_open and f.quantity > ${50 + random.below(40)}) as rare
from ${from} f group by f.customer_id`

const best: Rule = ({ from, random }) =>
  `select ranked.* from (select f.region, f.line_id, f.amount, dense_rank() over (partition by f.region order by f.amount desc nulls last, f.line_id) as place,
  sum(f.amount) over (partition by f.region order by f.booked_on, f.line_id) as running, ntile(4) over (order by f.amount, f.line_id) as quartile
  from ${from} f) ranked where ranked.place <= ${3 + random.below(5)}`

const calendar: Rule = ({ from, random }) =>
  `select m.month::date as month, to_char(m.month, 'YYYY-MM') as label, coalesce(count(f.line_id), 0) as lines, coalesce(sum(f.amount), 0) as total
from generate_series(timestamp '2024-01-01', timestamp '2024-12-01', interval '1 month') as m(month)
left join ${from} f on commerce.month_start(f.booked_on) = m.month::date and f.quantity > ${random.below(30)} group by m.month order by m.month`

const lists: Rule = ({ from, random }) =>
  `select f.region, string_agg(f.line_id::text, ',' order by f.amount desc, f.line_id) as lines, array_agg(f.quantity order by f.line_id) as quantities,
  count(distinct f.tag) as tags, string_agg(distinct f.currency::text, '/') as currencies
from ${from} f where f.line_id % ${3 + random.below(9)} = 0 group by f.region`

const hierarchy: Rule = ({ from, random }) =>
  `with recursive tree as (
  select c.centre_id, c.name, 1 as depth, c.name as path from commerce.cost_centres c where c.parent_id is null
  union all
  select c.centre_id, c.name, t.depth + 1, t.path || ' > ' || c.name from commerce.cost_centres c join tree t on c.parent_id = t.centre_id where t.depth < ${2 + random.below(3)}
)
select t.path, t.depth, count(f.line_id) as lines, coalesce(sum(f.amount), 0) as total from tree t left join ${from} f on 1 + f.customer_id % 15 = t.centre_id group by t.path, t.depth`

const both: Rule = ({ from, other, random }) =>
  `select f.line_id, f.region, f.quantity from ${from} f where f.quantity > ${random.below(30)}
${pick(random, ['except', 'union', 'intersect', 'except all'])}
select o.line_id, o.region, o.quantity from ${other} o where o.quantity > ${40 + random.below(30)}
${random.below(2) === 0 ? 'order by 1 desc, 2, 3 limit 60' : ''}`

/** A view of the set operations alone may be empty; what all lines have is added. */
const changes: Rule = (input) =>
  `select b.*, ${input.number % 100}::smallint as edition from (${both(input)}) b union all select 0, 'none', count(*)::integer, 0::smallint from ${input.from}`

const spread: Rule = ({ from, random }) =>
  `select f.currency, stddev_samp(f.weight) as deviation, var_pop(f.weight) as variance, corr(f.weight, f.quantity::float8) as together,
  percentile_cont(0.${1 + random.below(8)}) within group (order by f.weight) as percentile, percentile_disc(0.5) within group (order by f.amount) as middle, avg(f.weight) as mean
from ${from} f group by f.currency`

const ages: Rule = ({ from, random }) =>
  `select f.line_id, age(timestamp '2024-12-31', l.shipped_at) as waited, l.shipped_at - interval '${random.below(40)} hours' as due, l.shipped_at::date - f.booked_on as days,
  extract(epoch from l.shipped_at) as seconds, extract(hour from l.shipped_at) as hour, date_trunc('week', l.shipped_at) as week, to_char(l.shipped_at, 'DD.MM.YYYY HH24:MI') as shown
from ${from} f join commerce.order_lines l on l.line_id = f.line_id where f.line_id % ${2 + random.below(4)} = 1`

const labelsApart: Rule = ({ from, random }) =>
  `select label, count(*) as lines, sum(f.amount) as total, round(sum(f.amount) / count(*), 3) as mean
from ${from} f join commerce.products p on p.product_id = f.product_id cross join lateral unnest(p.labels) as label where f.quantity > ${random.below(20)} group by label`

const ratios: Rule = ({ from, random }) =>
  `select f.product_id, sum(f.amount) / nullif(sum(f.quantity), 0) as price, round(100.0 * sum(f.amount) / sum(sum(f.amount)) over (), ${2 + random.below(3)}) as percent,
  (sum(f.amount) * ${1 + random.below(5)} / 7)::numeric(14,3) as share, trunc(avg(f.rate), 3) as rate, ceil(sum(f.amount)) as up, floor(sum(f.amount)) as down
from ${from} f group by f.product_id`

const gaps: Rule = ({ from, random }) =>
  `select g.customer_id, g.booked_on, g.gap, first_value(g.amount) over w as opening, last_value(g.amount) over (w rows between unbounded preceding and unbounded following) as closing
from (select f.customer_id, f.booked_on, f.line_id, f.amount, f.booked_on - lag(f.booked_on) over (partition by f.customer_id order by f.booked_on, f.line_id) as gap from ${from} f) g
where g.gap is null or g.gap >= ${random.below(9)} window w as (partition by g.customer_id order by g.booked_on, g.line_id)`

const scenario: Rule = ({ from, random }) =>
  `select s.scenario, s.factor, sum(round(f.amount * s.factor, 2)) as total, max(case s.scenario when 'stress' then f.weight when 'calm' then -f.weight else null end) as extreme
from ${from} f cross join (values ('calm', 0.${80 + random.below(19)}), ('usual', 1.0), ('stress', 1.${10 + random.below(80)})) as s(scenario, factor) group by s.scenario, s.factor`

const unsold: Rule = ({ from, random }) =>
  `select p.product_id, p.title, coalesce(sum(f.amount), 0) as total, p.list_price between ${random.below(100)} and ${150 + random.below(200)} as is_fair,
  p.title ilike '%${pick(random, ['saw', 'pot', 'desk', 'rake'])}%' as is_named, p.labels && array['sale','new'] as is_marked, cardinality(p.labels) as labels
from commerce.products p full join ${from} f on f.product_id = p.product_id and f.region = '${pick(random, REGIONS)}' group by p.product_id, p.title, p.list_price, p.labels`

export const REPORT_RULES: readonly Rule[] = [
  byRegion,
  rollup,
  groupingSets,
  pivot,
  best,
  calendar,
  lists,
  hierarchy,
  changes,
  spread,
  ages,
  labelsApart,
  ratios,
  gaps,
  scenario,
  unsold,
]

/** What no engine computes the same, or what Postgres alone has: an import must say so of each. */
export const FOREIGN_RULES: readonly Rule[] = [
  ({ from }) => `select f.region, stddev_samp(f.amount) as deviation from ${from} f group by f.region`,
  ({ from }) => `select f.line_id, commerce.grade((f.quantity / 100.0)::float8) as grade, f.amount from ${from} f`,
  ({ from }) => `select f.region, array_agg(f.line_id) as lines, sum(f.amount) as total from ${from} f group by f.region`,
  ({ from }) => `select f.line_id, to_char(f.amount, 'L999G990D00') as shown, f.amount from ${from} f`,
  ({ from }) => `select f.line_id, ln(f.quantity::numeric) as logarithm, f.amount from ${from} f`,
  ({ from }) => `select f.line_id, f.weight::text as weight, f.amount from ${from} f`,
  ({ from }) => `select f.line_id, to_jsonb(f) as line from ${from} f`,
  ({ from }) => `select f.region, mode() within group (order by f.tag) as usual, sum(f.amount) as total from ${from} f group by f.region`,
]
