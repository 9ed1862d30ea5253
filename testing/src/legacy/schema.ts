/** The tables of a trading company as a database of many years holds them, and the functions that grew beside them. */
import { pick, type Random } from '@millrace/base'

export const REGIONS = ['north', 'south', 'east', 'west', 'isles'] as const
export const CURRENCIES = ['EUR', 'USD', 'GBP', 'CHF', 'JPY'] as const

export const LEGACY_TABLES = `
create schema commerce;
create table commerce.customers (customer_id integer primary key, name text not null, region text not null, segment varchar(12) not null,
  parent_id integer, attributes jsonb not null, since date not null, credit_limit numeric(14,2));
create table commerce.products (product_id integer primary key, title text not null, category text not null, list_price numeric(12,2) not null,
  cost numeric(12,4) not null, labels text[] not null, weight double precision not null);
create table commerce.order_lines (line_id bigint primary key, customer_id integer not null, product_id integer not null, currency char(3) not null,
  booked_on date not null, shipped_at timestamp, quantity integer not null, unit_price numeric(12,2) not null, discount numeric(5,4) not null,
  is_open boolean not null, note text);
create table commerce.fx_rates (currency char(3) not null, valid_from date not null, rate numeric(12,6) not null, primary key (currency, valid_from));
create table commerce.tax_rates (region text not null, category text not null, percent numeric(6,3) not null, valid_from date not null, valid_to date, primary key (region, category, valid_from));
create table commerce.fee_tiers (tier smallint primary key, lower_bound numeric(14,2) not null, upper_bound numeric(14,2), percent numeric(7,5) not null, minimum numeric(8,2) not null);
create table commerce.cost_centres (centre_id integer primary key, name text not null, parent_id integer, share numeric(8,6) not null);
create table commerce.risk_factors (region text not null, factor text not null, score double precision not null, primary key (region, factor));
`

export const LEGACY_FUNCTIONS = `
create function commerce.clamp(value numeric, bound numeric) returns numeric language sql immutable
  as $$ select case when value > bound then bound when value < -bound then -bound else value end $$;
create function commerce.fee(amount numeric, tier smallint) returns numeric language sql stable
  as $$ select greatest(f.minimum, round(abs(amount) * f.percent, 2)) from commerce.fee_tiers f where f.tier = $2 $$;
create function commerce.tier_of(amount numeric) returns smallint language sql stable
  as $$ select max(f.tier)::smallint from commerce.fee_tiers f where abs(amount) >= f.lower_bound $$;
create function commerce.rate_on(wanted char(3), day date) returns numeric language sql stable
  begin atomic select r.rate from commerce.fx_rates r where r.currency = wanted and r.valid_from <= day order by r.valid_from desc limit 1; end;
create function commerce.tax_of(amount numeric, percent numeric) returns numeric language sql immutable strict
  return round(amount * percent / 100, 2);
create function commerce.lines_of(customer integer) returns table (line bigint, total numeric) language sql stable
  as $$ select l.line_id, round(l.quantity * l.unit_price, 2) from commerce.order_lines l where l.customer_id = customer $$;
create function commerce.month_start(day date) returns date language sql immutable as $$ select date_trunc('month', day)::date $$;
create function commerce.grade(score double precision) returns text language plpgsql immutable
  as $$ begin if score > 0.8 then return 'A'; elsif score > 0.4 then return 'B'; end if; return 'C'; end $$;
`

const SEGMENTS = ['retail', 'wholesale', 'public', 'internal'] as const
const CATEGORIES = ['tools', 'garden', 'kitchen', 'office'] as const
const LABELS = ['new', 'sale', 'bulky', 'fragile', 'imported'] as const

export interface LegacySize {
  readonly customers: number
  readonly products: number
  readonly lines: number
}

/** INSERT statements; the same seed gives the same rows. */
export function legacyRows(random: Random, { customers, products, lines }: LegacySize): string[] {
  const day = (span: number): string => `date '2024-01-01' + ${random.below(span)}`
  const cents = (below: number): string => (random.below(below * 100) / 100).toFixed(2)
  const each = (count: number, row: (id: number) => string): string =>
    Array.from({ length: count }, (_, at) => `(${row(at + 1)})`).join(',\n')
  const labels = (): string =>
    LABELS.filter(() => random.below(3) === 0)
      .map((label) => `'${label}'`)
      .join(',')
  const fx = CURRENCIES.flatMap((currency, at) =>
    Array.from(
      { length: 8 },
      (_, month) =>
        `('${currency}', date '2023-12-01' + ${month * 45}, ${(0.7 + at * 0.21 + random.below(90_000) / 1_000_000).toFixed(6)})`,
    ),
  )
  const taxes = REGIONS.flatMap((region) =>
    CATEGORIES.map(
      (category) =>
        `('${region}', '${category}', ${(5 + random.below(18_000) / 1000).toFixed(3)}, date '2023-01-01', ${random.below(3) === 0 ? "date '2024-06-30'" : 'null'})`,
    ),
  )
  const risks = REGIONS.flatMap((region) =>
    ['credit', 'fraud', 'delay'].map((factor) => `('${region}', '${factor}', ${(random.below(1000) / 1000).toFixed(3)})`),
  )
  const attributes = (id: number): string =>
    `{"tier": "${pick(random, ['gold', 'silver', 'basic'])}", "score": ${random.below(100)}, "contact": {"country": "${pick(random, ['DE', 'FR', 'AT'])}"}${id % 7 === 0 ? ', "vip": true' : ''}}`
  return [
    `insert into commerce.customers values ${each(customers, (id) => `${id}, 'Customer ${String.fromCharCode(65 + random.below(26))}${id}', '${pick(random, REGIONS)}', '${pick(random, SEGMENTS)}', ${id > 5 ? 1 + random.below(id - 1) : 'null'}, '${attributes(id)}', ${day(200)} - 900, ${random.below(9) === 0 ? 'null' : cents(50_000)}`)}`,
    `insert into commerce.products values ${each(products, (id) => `${id}, '${pick(random, ['Small', 'Large', 'Fine'])} ${pick(random, ['saw', 'pot', 'desk', 'rake'])} ${id}', '${pick(random, CATEGORIES)}', ${cents(400)}, ${(random.below(2_000_000) / 10_000).toFixed(4)}, array[${labels()}]::text[], ${random.below(4000) / 100}`)}`,
    `insert into commerce.order_lines values ${each(lines, (id) => `${id}, ${1 + random.below(customers)}, ${1 + random.below(products)}, '${pick(random, CURRENCIES)}', ${day(330)}, ${random.below(5) === 0 ? 'null' : `timestamp '2024-01-02 08:00' + interval '${random.below(480_000)} minutes'`}, ${1 + random.below(100)}, ${cents(300)}, ${(random.below(3000) / 10_000).toFixed(4)}, ${random.below(4) === 0}, ${random.below(3) === 0 ? 'null' : `'${pick(random, ['call first', 'ref:A-17/x', 'leave at door', '', 'ref:B-2/yy'])}'`}`)}`,
    `insert into commerce.fx_rates values ${fx.join(', ')}`,
    `insert into commerce.tax_rates values ${taxes.join(', ')}`,
    `insert into commerce.fee_tiers values (1, 0, 500, 0.01500, 1.50), (2, 500, 5000, 0.01100, 5.00), (3, 5000, 20000, 0.00725, 40.00), (4, 20000, null, 0.00310, 120.00)`,
    `insert into commerce.cost_centres values ${each(15, (id) => `${id}, 'Centre ${id}', ${id === 1 ? 'null' : Math.floor(id / 2)}, ${(0.01 + random.below(90_000) / 1_000_000).toFixed(6)}`)}`,
    `insert into commerce.risk_factors values ${risks.join(', ')}`,
  ]
}
