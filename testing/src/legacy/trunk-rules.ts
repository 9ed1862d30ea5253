/** Rules that keep every line: pricing, currency, tax, fee, risk, allocation. Each has an arm that few rows take. */
import { pick } from '@millrace/base'
import { CURRENCIES, REGIONS } from './schema.ts'
import { type Rule, shaped } from './view-writer.ts'

const pricing: Rule = (input) => {
  const { random } = input
  const region = pick(random, REGIONS)
  const amount = `case when f.region = '${region}' and f.quantity > ${90 + random.below(9)} then round(f.amount * 0.${85 + random.below(10)}, 2)
    when f.quantity between ${random.below(20)} and ${30 + random.below(20)} then f.amount - ${random.below(9)}.${10 + random.below(89)}
    when f.amount < 0 then 0 else f.amount * 1.0${random.below(4)} end`
  return shaped(input, { change: { amount: `round(${amount}, 2)` } })
}

const currency: Rule = (input) => {
  const join = `left join lateral (select r.rate from commerce.fx_rates r where r.currency = f.currency and r.valid_from <= f.booked_on - ${input.random.below(20)}
    order by r.valid_from desc limit 1) x on true`
  return shaped(input, {
    change: { rate: 'round(coalesce(x.rate, 1), 6)::numeric(12,6)', amount: 'round(f.amount * (1 + (coalesce(x.rate, 1) - 1) / 50), 2)' },
    join,
  })
}

const currencyByFunction: Rule = (input) =>
  shaped(input, {
    change: { rate: `round(coalesce(commerce.rate_on(f.currency, f.booked_on), ${1 + input.random.below(3)})::numeric, 4)::numeric(12,6)` },
  })

const tax: Rule = (input) =>
  shaped(input, {
    change: { amount: `f.amount + coalesce(commerce.tax_of(f.amount, t.percent), 0) / ${3 + input.random.below(9)}` },
    join: `join commerce.products p on p.product_id = f.product_id left join commerce.tax_rates t on t.region = f.region and t.category = p.category
    and f.booked_on >= t.valid_from and f.booked_on <= coalesce(t.valid_to, date '9999-12-31')`,
  })

const fee: Rule = (input) =>
  shaped(input, {
    change: {
      amount: `f.amount - coalesce(commerce.fee(f.amount, commerce.tier_of(f.amount)), 0) / ${20 + input.random.below(20)}`,
      rate: `commerce.clamp(f.rate + 0.00${1 + input.random.below(8)}, 90)::numeric(12,6)`,
    },
  })

const risk: Rule = (input) => {
  const rows = 2 + input.random.below(6)
  return shaped(input, {
    change: {
      rate: `round(coalesce(avg(f.amount) over (partition by f.customer_id order by f.booked_on, f.line_id rows between ${rows} preceding and current row), 0) / 1000, 4)::numeric(12,6)`,
    },
    join: `left join (select region, max(score) filter (where factor <> 'delay') as score from commerce.risk_factors group by region) k on k.region = f.region`,
    where: `coalesce(k.score, 0) < 2`,
  })
}

const riskScore: Rule = (input) => {
  const factor = pick(input.random, ['credit', 'fraud', 'delay'])
  return shaped(input, {
    change: {
      weight: `f.weight * (1 + (select k.score from commerce.risk_factors k where k.region = f.region and k.factor = '${factor}') / ${5 + input.random.below(50)}) `,
      is_open: `f.is_open or (f.weight > ${3000 + input.random.below(900)} and f.region = 'isles')`,
    },
  })
}

const allocation: Rule = (input) => {
  const by = pick(input.random, ['f.product_id', 'f.customer_id', 'f.region, f.currency'])
  return shaped(input, { change: { rate: `round(f.amount / nullif(sum(f.amount) over (partition by ${by}), 0), 6)::numeric(12,6)` } })
}

const allocationByCentre: Rule = (input) =>
  shaped(input, {
    change: { amount: `round(f.amount * (1 - s.share / ${1 + input.random.below(4)}), 2)` },
    join: `join commerce.cost_centres s on s.centre_id = 1 + f.customer_id % 15`,
  })

const newest: Rule = (input) =>
  shaped(input, {
    distinct: 'distinct on (f.line_id) ',
    change: { quantity: 'greatest(f.quantity, o.quantity)' },
    join: `join ${input.other} o on o.line_id = f.line_id`,
    order: 'order by f.line_id, o.booked_on desc nulls last, o.amount',
  })

const halves: Rule = (input) => {
  const second = input.random.below(3)
  return `${shaped(input, { change: {}, where: `f.line_id % 3 <> ${second}` })}\nunion all\n${shaped({ ...input, from: input.other }, { change: { tag: `f.tag || ''` }, where: `f.line_id % 3 = ${second}` })}`
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
    `upper(left(f.region, 2)) || '-' || lpad(f.product_id::text, 4, '0') || ':' || split_part(f.tag, ':', 1)`,
    `regexp_replace(lower(f.tag), '[0-9]+', '#', 'g') || '/' || to_char(f.booked_on, 'YYYY-MM')`,
    `concat_ws('|', nullif(trim(split_part(f.tag, ':', 1)), ''), f.currency::text, case when f.quantity > ${95 + random.below(4)} then 'huge' end)`,
    `initcap(f.region) || ' ' || substring(f.tag from 1 for ${4 + random.below(6)}) || ' ' || length(f.tag)`,
    `replace(left(f.tag, 30), '-', '_') || coalesce('+' || nullif(f.quantity % ${3 + random.below(5)}, 0)::text, '')`,
    `format('%s of %s', f.region, left(md5(f.tag), ${4 + random.below(4)}))`,
  ])
  return shaped(input, { change: { tag } })
}

const attributes: Rule = (input) =>
  shaped(input, {
    change: {
      tag: `coalesce(c.attributes ->> 'tier', 'none') || ':' || (c.attributes -> 'contact' ->> 'country')`,
      rate: `(f.rate + coalesce((c.attributes ->> 'score')::integer, 0) / ${1000 + input.random.below(500)}::numeric)::numeric(12,6)`,
      is_open: `case when c.attributes ? 'vip' then false else f.is_open end`,
    },
    join: 'join commerce.customers c using (customer_id)',
  }).replace('f.customer_id,', 'customer_id,')

const labels: Rule = (input) => {
  const label = pick(input.random, ['new', 'sale', 'bulky', 'fragile', 'imported'])
  return shaped(input, {
    change: {
      tag: `split_part(f.tag, ':', 1) || ':' || coalesce(nullif(array_to_string(p.labels, '+'), ''), 'plain')`,
      weight: `f.weight + coalesce(array_length(p.labels, 1), 0) + case when '${label}' = any (p.labels) then ${1 + input.random.below(9)} else 0 end`,
    },
    join: `join commerce.products p on p.product_id = f.product_id`,
  })
}

const dates: Rule = (input) => {
  const { random } = input
  const booked = pick(random, [
    `case when extract(isodow from f.booked_on) > 5 then f.booked_on + ${1 + random.below(3)} else f.booked_on end`,
    `case when f.booked_on = (date_trunc('month', f.booked_on) + interval '1 month - 1 day')::date then f.booked_on - ${1 + random.below(4)} else f.booked_on end`,
    `(f.booked_on + interval '${random.below(3)} days')::date`,
    `least(f.booked_on, date '2024-11-30' + ${random.below(20)})`,
  ])
  return shaped(input, {
    change: { booked_on: booked, quantity: `f.quantity + (extract(day from f.booked_on)::integer % ${2 + random.below(4)})` },
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
    join: `left join ${input.other} o on o.line_id = f.line_id and o.currency in ('${pick(input.random, CURRENCIES)}', '${pick(input.random, CURRENCIES)}')`,
  })

const shareOfTotal: Rule = (input) =>
  shaped(input, {
    before: `with totals as (select region, sum(amount) as total, count(*) as lines from ${input.other} group by region having count(*) > ${input.random.below(3)}),
  ranked as (select region, total / lines as mean, rank() over (order by total desc, region) as place from totals)\n`,
    change: { rate: `case when r.place = 1 then round(r.mean / 100000, 5) when r.mean is null then 0 else f.rate end::numeric(12,6)` },
    join: 'left join ranked r on r.region = f.region',
  })

const floats: Rule = (input) =>
  shaped(input, {
    change: {
      weight: pick(input.random, [
        `sqrt(abs(f.weight)) * ${10 + input.random.below(9)}`,
        `f.weight * ln(${2 + input.random.below(9)} + abs(f.quantity)::float8)`,
        `case when f.weight > 5000 then f.weight / 7.0::float8 else f.weight + power(f.quantity::float8, 0.5::float8) end`,
      ]),
    },
  })

const ofFunction: Rule = (input) =>
  shaped(input, {
    change: { quantity: `case when x.best is null then f.quantity else f.quantity + 1 end` },
    join: `left join lateral (select max(h.total) as best from commerce.lines_of(f.customer_id) h where h.line <> f.line_id and h.total > ${input.random.below(20_000)}) x on true`,
  })

const integers: Rule = (input) =>
  shaped(input, {
    change: {
      quantity: `1 + abs(f.quantity * ${3 + input.random.below(5)} - 7) / ${2 + input.random.below(3)} % 100`,
      rate: `mod(f.rate, ${3 + input.random.below(9)})::numeric(12,6)`,
    },
  })

export const TRUNK_RULES: readonly Rule[] = [
  pricing,
  currency,
  currencyByFunction,
  tax,
  fee,
  risk,
  riskScore,
  allocation,
  allocationByCentre,
  newest,
  halves,
  exists,
  correlated,
  texts,
  attributes,
  labels,
  dates,
  neighbours,
  outer,
  shareOfTotal,
  floats,
  ofFunction,
  integers,
]
