/** The trading company's tables as MySQL and MariaDB hold them. */
import { pick, type Random } from '@millrace/base'
import { CURRENCIES, type LegacySize, REGIONS } from './schema.ts'

const MYSQL_SCHEMAS = ['commerce', 'pricing', 'currency', 'tax', 'fees', 'risk', 'allocation'] as const

export const MYSQL_TABLES: readonly string[] = [
  ...MYSQL_SCHEMAS.map((schema) => `create database ${schema} character set utf8mb4 collate utf8mb4_general_ci`),
  `create table commerce.customers (customer_id int primary key, name varchar(40) not null, region varchar(10) not null, segment varchar(12) not null,
  parent_id int, since date not null, credit_limit decimal(14,2))`,
  `create table commerce.products (product_id int primary key, title varchar(60) not null, category varchar(20) not null, list_price decimal(12,2) not null,
  cost decimal(12,4) not null, weight double not null)`,
  `create table commerce.order_lines (line_id bigint primary key, customer_id int not null, product_id int not null, currency char(3) not null,
  booked_on date not null, shipped_at datetime, quantity int not null, unit_price decimal(12,2) not null, discount decimal(5,4) not null,
  is_open tinyint(1) not null, note text)`,
  `create table commerce.fx_rates (currency char(3) not null, valid_from date not null, rate decimal(12,6) not null, primary key (currency, valid_from))`,
  `create table commerce.tax_rates (region varchar(10) not null, category varchar(20) not null, percent decimal(6,3) not null, valid_from date not null, valid_to date, primary key (region, category, valid_from))`,
  `create table commerce.fee_tiers (tier smallint primary key, lower_bound decimal(14,2) not null, upper_bound decimal(14,2), percent decimal(7,5) not null, minimum decimal(8,2) not null)`,
  `create table commerce.cost_centres (centre_id int primary key, name varchar(20) not null, parent_id int, share decimal(8,6) not null)`,
  `create table commerce.risk_factors (region varchar(10) not null, factor varchar(10) not null, score decimal(4,3) not null, primary key (region, factor))`,
  `create function commerce.grade(score double) returns char(1) deterministic return case when score > 0.8 then 'A' when score > 0.4 then 'B' else 'C' end`,
]

const SEGMENTS = ['retail', 'wholesale', 'public', 'internal'] as const
const CATEGORIES = ['tools', 'garden', 'kitchen', 'office'] as const
const DAY_MS = 86_400_000

/** INSERT statements; the same seed gives the same rows. */
export function mysqlRows(random: Random, { customers, products, lines }: LegacySize): string[] {
  const day = (from: string, days: number): string => `'${new Date(Date.parse(from) + days * DAY_MS).toISOString().slice(0, 10)}'`
  const cents = (below: number): string => (random.below(below * 100) / 100).toFixed(2)
  const each = (count: number, row: (id: number) => string): string =>
    Array.from({ length: count }, (_, at) => `(${row(at + 1)})`).join(',\n')
  const fx = CURRENCIES.flatMap((currency, at) =>
    Array.from(
      { length: 8 },
      (_, month) => `('${currency}', ${day('2023-12-01', month * 45)}, ${(0.7 + at * 0.21 + random.below(90_000) / 1_000_000).toFixed(6)})`,
    ),
  )
  const taxes = REGIONS.flatMap((region) =>
    CATEGORIES.map(
      (category) =>
        `('${region}', '${category}', ${(5 + random.below(18_000) / 1000).toFixed(3)}, '2023-01-01', ${random.below(3) === 0 ? "'2024-06-30'" : 'null'})`,
    ),
  )
  const risks = REGIONS.flatMap((region) =>
    ['credit', 'fraud', 'delay'].map((factor) => `('${region}', '${factor}', ${(random.below(1000) / 1000).toFixed(3)})`),
  )
  const shipped = (): string =>
    random.below(5) === 0
      ? 'null'
      : `'2024-0${1 + random.below(9)}-1${random.below(10)} 1${random.below(10)}:2${random.below(10)}:0${random.below(10)}'`
  return [
    `insert into commerce.customers values ${each(customers, (id) => `${id}, 'Customer ${String.fromCodePoint(65 + random.below(26))}${id}', '${pick(random, REGIONS)}', '${pick(random, SEGMENTS)}', ${id > 5 ? 1 + random.below(id - 1) : 'null'}, ${day('2021-07-01', random.below(200))}, ${random.below(9) === 0 ? 'null' : cents(50_000)}`)}`,
    `insert into commerce.products values ${each(products, (id) => `${id}, '${pick(random, ['Small', 'Large', 'Fine'])} ${pick(random, ['saw', 'pot', 'desk', 'rake'])} ${id}', '${pick(random, CATEGORIES)}', ${cents(400)}, ${(random.below(2_000_000) / 10_000).toFixed(4)}, ${random.below(4000) / 100}`)}`,
    `insert into commerce.order_lines values ${each(lines, (id) => `${id}, ${1 + random.below(customers)}, ${1 + random.below(products)}, '${pick(random, CURRENCIES)}', ${day('2024-01-01', random.below(330))}, ${shipped()}, ${1 + random.below(100)}, ${cents(300)}, ${(random.below(3000) / 10_000).toFixed(4)}, ${random.below(4) === 0 ? 1 : 0}, ${random.below(3) === 0 ? 'null' : `'${pick(random, ['call first', 'Ref:A-17/x', 'leave at door', '', 'ref:B-2/yy'])}'`}`)}`,
    `insert into commerce.fx_rates values ${fx.join(', ')}`,
    `insert into commerce.tax_rates values ${taxes.join(', ')}`,
    `insert into commerce.fee_tiers values (1, 0, 500, 0.01500, 1.50), (2, 500, 5000, 0.01100, 5.00), (3, 5000, 20000, 0.00725, 40.00), (4, 20000, null, 0.00310, 120.00)`,
    `insert into commerce.cost_centres values ${each(15, (id) => `${id}, 'Centre ${id}', ${id === 1 ? 'null' : Math.floor(id / 2)}, ${(0.01 + random.below(90_000) / 1_000_000).toFixed(6)}`)}`,
    `insert into commerce.risk_factors values ${risks.join(', ')}`,
  ]
}
