/** The rules of the trunk and of the reports, as they are written for MySQL and MariaDB. */
import { pick } from '@millrace/base'
import { CURRENCIES, REGIONS } from './schema.ts'
import { type Rule, SHAPE, type Shaped, type RuleInput } from './view-writer.ts'

export const MYSQL_BASE_VIEW = `select l.line_id, l.customer_id, l.product_id, c.region, l.currency, l.booked_on, l.quantity,
  cast(round(l.quantity * l.unit_price * (1 - l.discount), 2) as decimal(18,2)) as amount, cast(1 as decimal(12,6)) as rate, p.weight * l.quantity as weight, l.is_open,
  concat(c.segment, ':', p.category) as tag
from commerce.order_lines l join commerce.customers c using (customer_id) join commerce.products p on p.product_id = l.product_id`

/** A cent for each view tells its amounts from those of every other; what grew too large is cut by ten. */
function shaped({ from, number }: RuleInput, { change, join = '', where = 'true', before = '' }: Shaped): string {
  const amount = `round(${change.amount ?? 'f.amount'}, 2)`
  const own = ((number % 997) / 100).toFixed(2)
  const bounded = `cast(case when abs(${amount}) > 800000 then round(${amount} / 10, 2) else ${amount} end + ${own} as decimal(18,2))`
  const list = SHAPE.map((column) =>
    column === 'amount' ? `${bounded} as amount` : change[column] === undefined ? `f.${column}` : `${change[column]} as ${column}`,
  )
  return `${before}select ${list.join(',\n  ')}\nfrom ${from} f ${join}\nwhere ${where}`
}

const rate = (sql: string): string => `cast(${sql} as decimal(12,6))`

const pricing: Rule = (input) => {
  const { random } = input
  const amount = `case when f.region = '${pick(random, REGIONS).toUpperCase()}' and f.quantity > ${90 + random.below(9)} then round(f.amount * 0.${85 + random.below(10)}, 2)
    when f.quantity between ${random.below(20)} and ${30 + random.below(20)} then f.amount - ${random.below(9)}.${10 + random.below(89)}
    when f.amount < 0 then 0 else f.amount * 1.0${random.below(4)} end`
  return shaped(input, { change: { amount } })
}

const currency: Rule = (input) => {
  const found = `(select r.rate from commerce.fx_rates r where r.currency = f.currency and r.valid_from <= f.booked_on - interval ${input.random.below(20)} day order by r.valid_from desc limit 1)`
  return shaped(input, {
    change: { rate: rate(`ifnull(${found}, 1)`), amount: `f.amount * (1 + round((coalesce(f.rate, 1) - 1) / 50, 8))` },
  })
}

const tax: Rule = (input) =>
  shaped(input, {
    change: { amount: `f.amount + ifnull(round(f.amount * t.percent / 100, 2), 0) / ${3 + input.random.below(9)}` },
    join: `join commerce.products p on p.product_id = f.product_id left join commerce.tax_rates t on t.region = f.region and t.category = p.category
    and f.booked_on >= t.valid_from and f.booked_on <= ifnull(t.valid_to, date '9999-12-31')`,
  })

const fee: Rule = (input) =>
  shaped(input, {
    change: {
      amount: `f.amount - ifnull(greatest(t.minimum, round(abs(f.amount) * t.percent, 2)), 0) / ${20 + input.random.below(20)}`,
      rate: rate(`least(f.rate + 0.00${1 + input.random.below(8)}, 90)`),
    },
    join: 'left join commerce.fee_tiers t on abs(f.amount) >= t.lower_bound and (abs(f.amount) < t.upper_bound or t.upper_bound is null)',
  })

const risk: Rule = (input) =>
  shaped(input, {
    change: {
      rate: rate(
        `round(coalesce(avg(f.amount) over (partition by f.customer_id order by f.booked_on, f.line_id rows between ${2 + input.random.below(6)} preceding and current row), 0) / 1000, 4)`,
      ),
    },
    join: `left join (select region, max(case when factor <> 'DELAY' then score end) as score from commerce.risk_factors group by region) k on k.region = f.region`,
    where: `coalesce(k.score, 0) < 2`,
  })

const riskScore: Rule = (input) =>
  shaped(input, {
    change: {
      weight: `f.weight * (1 + (select k.score from commerce.risk_factors k where k.region = f.region and k.factor = '${pick(input.random, ['credit', 'fraud', 'delay'])}') / ${5 + input.random.below(50)})`,
      is_open: `f.is_open or (f.weight > ${3000 + input.random.below(900)} and f.region = 'isles')`,
    },
  })

const allocation: Rule = (input) =>
  shaped(input, {
    change: {
      rate: rate(
        `round(f.amount / nullif(sum(f.amount) over (partition by ${pick(input.random, ['f.product_id', 'f.customer_id', 'f.region, f.currency'])}), 0), 6)`,
      ),
    },
  })

const allocationByCentre: Rule = (input) =>
  shaped(input, {
    change: { amount: `f.amount * (1 - s.share / ${1 + input.random.below(4)})` },
    join: `join commerce.cost_centres s on s.centre_id = 1 + f.customer_id % 15`,
  })

const halves: Rule = (input) => {
  const second = input.random.below(3)
  return `${shaped(input, { change: {}, where: `f.line_id mod 3 <> ${second}` })}\nunion all\n${shaped({ ...input, from: input.other }, { change: {}, where: `f.line_id mod 3 = ${second}` })}`
}

const exists: Rule = (input) =>
  shaped(input, {
    change: {
      is_open: `case when exists (select 1 from ${input.other} o where o.customer_id = f.customer_id and o.amount > f.amount * ${2 + input.random.below(4)}) then not f.is_open else f.is_open end`,
    },
    where: `f.line_id not in (select o.line_id from ${input.other} o where o.quantity = ${1 + input.random.below(99)} and o.region = 'isles' and o.line_id > 20)`,
  })

const correlated: Rule = (input) =>
  shaped(input, {
    change: {
      amount: `f.amount + coalesce((select round(max(p.list_price) - min(p.cost), 2) from commerce.products p where p.product_id = f.product_id), 0) / ${10 + input.random.below(30)}`,
    },
  })

const texts: Rule = (input) => {
  const { random } = input
  const tag = pick(random, [
    `lower(concat(left(f.region, 2), '-', lpad(f.product_id, 4, '0'), ':', left(f.tag, 6)))`,
    `concat(left(lower(f.tag), 20), '/', date_format(f.booked_on, '%Y-%m'))`,
    `concat_ws('|', nullif(trim(left(f.tag, 8)), ''), lower(f.currency), case when f.quantity > ${95 + random.below(4)} then 'huge' end)`,
    `concat(f.region, '_', substring(f.tag, 1, ${4 + random.below(6)}), char_length(f.tag))`,
    `concat(replace(left(f.tag, 30), '-', '_'), ifnull(concat('+', nullif(f.quantity % ${3 + random.below(5)}, 0)), ''))`,
    `if(locate('A', f.tag) > 0, concat('a', left(f.tag, 12)), f.tag)`,
  ])
  return shaped(input, { change: { tag } })
}

const dates: Rule = (input) => {
  const { random } = input
  const booked = pick(random, [
    `case when weekday(f.booked_on) > 4 then f.booked_on + interval ${1 + random.below(3)} day else f.booked_on end`,
    `case when f.booked_on = last_day(f.booked_on) then date_sub(f.booked_on, interval ${1 + random.below(4)} day) else f.booked_on end`,
    `date_add(f.booked_on, interval f.quantity % ${2 + random.below(3)} day)`,
    `least(f.booked_on, date '2024-11-${10 + random.below(20)}')`,
    `if(month(f.booked_on) = ${1 + random.below(12)}, f.booked_on + interval 1 month, f.booked_on)`,
  ])
  return shaped(input, {
    change: { booked_on: booked, quantity: `cast(f.quantity + dayofmonth(f.booked_on) % ${2 + random.below(4)} as signed)` },
  })
}

const neighbours: Rule = (input) =>
  shaped(input, {
    change: {
      amount: `f.amount + round((f.amount - coalesce(lag(f.amount, ${1 + input.random.below(3)}) over (partition by f.region order by f.booked_on, f.line_id), f.amount)) / ${100 + input.random.below(50)}, 2)`,
      quantity: `case when row_number() over (partition by f.product_id order by f.amount desc, f.line_id) = 1 then f.quantity + 1 else f.quantity end`,
    },
  })

const outer: Rule = (input) =>
  shaped(input, {
    change: {
      amount: 'coalesce((f.amount + o.amount) / 2, f.amount)',
      region: `coalesce(nullif(o.region, '${pick(input.random, REGIONS)}'), f.region)`,
    },
    join: `left join ${input.other} o on o.line_id = f.line_id and o.currency in ('${pick(input.random, CURRENCIES)}', '${pick(input.random, CURRENCIES).toLowerCase()}')`,
  })

const shareOfTotal: Rule = (input) =>
  shaped(input, {
    before: `with totals as (select region, sum(amount) as total, count(*) as amounts from ${input.other} group by region having count(*) > ${input.random.below(3)}),
  ranked as (select region, round(total / amounts, 4) as mean, rank() over (order by total desc, region) as place from totals)\n`,
    change: { rate: rate(`case when r.place = 1 then round(r.mean / 100000, 5) when r.mean is null then 0 else f.rate end`) },
    join: 'left join ranked r on r.region = f.region',
  })

const integers: Rule = (input) =>
  shaped(input, {
    change: {
      quantity: `1 + abs(f.quantity * ${3 + input.random.below(5)} - 7) div ${2 + input.random.below(3)} % 100`,
      weight: `sqrt(abs(f.weight)) * ${10 + input.random.below(9)}`,
    },
  })

export const MYSQL_TRUNK_RULES: readonly Rule[] = [
  pricing,
  currency,
  tax,
  fee,
  risk,
  riskScore,
  allocation,
  allocationByCentre,
  halves,
  exists,
  correlated,
  texts,
  dates,
  neighbours,
  outer,
  shareOfTotal,
  integers,
]

export const MYSQL_REPORT_RULES: readonly Rule[] = [
  ({
    random,
    from,
  }) => `select f.region, f.currency, count(*) as many, sum(f.amount) as total, round(avg(f.amount), ${2 + random.below(3)}) as mean, avg(f.quantity) as quantity,
  min(f.booked_on) as first_day, max(f.booked_on) as last_day, sum(f.is_open) as open_ones from ${from} f group by f.region, f.currency having sum(f.quantity) > ${random.below(20)}`,
  ({
    random,
    from,
  }) => `select f.customer_id, ${CURRENCIES.map((each) => `sum(if(f.currency = '${each.toLowerCase()}', f.amount, 0)) as ${each.toLowerCase()}`).join(', ')},
  sum(f.is_open and f.quantity > ${50 + random.below(40)}) as rare from ${from} f group by f.customer_id`,
  ({
    random,
    from,
  }) => `select q.* from (select f.region, f.line_id, f.amount, dense_rank() over (partition by f.region order by f.amount desc, f.line_id) as place,
  sum(f.amount) over (partition by f.region order by f.booked_on, f.line_id) as running from ${from} f) q where q.place <= ${3 + random.below(5)}`,
  ({
    random,
    from,
  }) => `select f.region, group_concat(f.line_id order by f.amount desc, f.line_id separator '/') as line_ids, count(distinct f.tag) as tags, max(f.tag) as last_tag
  from ${from} f where f.line_id % ${3 + random.below(9)} = 0 group by f.region`,
  ({ random, from, other }) =>
    `select f.line_id, f.region, f.quantity from ${from} f where f.quantity > ${random.below(30)} union select o.line_id, o.region, o.quantity from ${other} o where o.quantity > ${40 + random.below(30)}`,
  ({
    random,
    from,
  }) => `select f.line_id, timestampdiff(hour, l.shipped_at, '2024-12-31 00:00:00') as waited, l.shipped_at - interval ${random.below(40)} hour as due, datediff(l.shipped_at, f.booked_on) as days,
  extract(hour from l.shipped_at) as hour_of, date_format(l.shipped_at, '%d.%m.%Y %H:%i') as shown, timestampdiff(month, f.booked_on, l.shipped_at) as months from ${from} f join commerce.order_lines l on l.line_id = f.line_id where f.line_id % ${2 + random.below(4)} = 1`,
  ({
    random,
    from,
  }) => `select f.product_id, sum(f.amount) / nullif(sum(f.quantity), 0) as price, round(100.0 * sum(f.amount) / nullif(count(*), 0), ${2 + random.below(3)}) as percent,
  cast(sum(f.amount) * ${1 + random.below(5)} / 7 as decimal(14,3)) as share, truncate(avg(f.rate), 3) as rate, ceiling(sum(f.amount)) as up, floor(sum(f.amount)) as down from ${from} f group by f.product_id`,
  ({
    random,
    from,
  }) => `select p.product_id, p.title, coalesce(sum(f.amount), 0) as total, p.list_price between ${random.below(100)} and ${150 + random.below(200)} as is_fair,
  p.title like '%${pick(random, ['SAW', 'pot', 'Desk', 'rake'])}%' as is_named from commerce.products p left join ${from} f on f.product_id = p.product_id and f.region = '${pick(random, REGIONS)}' group by p.product_id`,
  ({ random, from }) =>
    `select year(f.booked_on) as y, quarter(f.booked_on) as q, count(distinct f.customer_id) as customers, sum(f.amount * ${1 + random.below(3)}.5) as total from ${from} f group by year(f.booked_on), quarter(f.booked_on) order by 4 desc limit 3`,
  ({ from }) =>
    `select f.line_id, f.amount / f.quantity as each_one, f.amount, case f.currency when 'eur' then 'home' else 'abroad' end as place from ${from} f`,
]

/** What no engine computes the same, or what the server alone has. */
export const MYSQL_FOREIGN_RULES: readonly Rule[] = [
  ({ from }) => `select f.region, std(f.amount) as deviation from ${from} f group by f.region`,
  ({ from }) => `select f.line_id, commerce.grade(f.quantity / 100) as grade from ${from} f`,
  ({ from }) => `select f.region, group_concat(f.line_id) as line_ids from ${from} f group by f.region`,
  ({ from }) => `select f.line_id, f.weight + now() as later from ${from} f`,
  ({ from }) => `select l.line_id, l.note + 0 as number from commerce.order_lines l join ${from} f on f.line_id = l.line_id`,
  ({ from }) =>
    `select l.note, count(*) as many from commerce.order_lines l join ${from} f on f.line_id = l.line_id group by l.note having l.note regexp '^ref'`,
  ({ from }) => `select f.region, f.tag, sum(f.amount) as total from ${from} f group by f.region with rollup`,
]
