/** A table whose frequent keys are known, because they were planted. */
import type { Postgres } from '@millrace/testing'

export interface PlantedKey {
  readonly column: string
  /** As `millrace skew --json` tells it. */
  readonly value: string | number | null
  readonly share: number
}

/** The rest of a column's rows have values that are rarer by far. */
export const PLANTED: readonly PlantedKey[] = [
  { column: 'customer_id', value: 42, share: 0.2 },
  { column: 'customer_id', value: 4_000_000_007, share: 0.1 },
  { column: 'customer_id', value: -1, share: 0.04 },
  { column: 'tenant', value: "Bob's & Söhne", share: 0.3 },
  { column: 'tenant', value: '', share: 0.05 },
  { column: 'coupon', value: null, share: 0.6 },
  { column: 'coupon', value: 'WELCOME', share: 0.15 },
  { column: 'day', value: '2026-11-27', share: 0.25 },
]

const RARE: Readonly<Record<string, string>> = {
  customer_id: '1000 + (random() * 50000)::int8',
  tenant: "'tenant ' || (random() * 3000)::int",
  coupon: "'C' || (random() * 20000)::int",
  day: "date '2020-01-01' + (random() * 2400)::int",
}

export async function plantTable(postgres: Postgres, { rows, seed }: { readonly rows: number; readonly seed: number }): Promise<void> {
  await postgres.query(`create table customers (id int8 primary key, name text);
insert into customers select i, 'customer ' || i from generate_series(1000, 51000) i union all values (42, 'a'), (4000000007, 'b'), (-1, 'c');
create table orders (id int8 primary key, customer_id int8, tenant text, coupon text, day date, amount numeric(12,2))`)
  const columns = Object.entries(RARE).map(([column, rare]) => `${plantedSql(column)} else ${rare} end as ${column}`)
  await postgres.query(`select setseed(${(seed % 1000) / 1000});
insert into orders select i, ${columns.join(', ')}, (random() * 100)::numeric(12,2) from (
  select i, ${Object.keys(RARE)
    .map((column) => `random() as r_${column}`)
    .join(', ')} from generate_series(1, ${rows}) i) r`)
}

/** `case when r < 0.2 then 42 when r < 0.3 then …`. */
function plantedSql(column: string): string {
  let bound = 0
  const arms = PLANTED.filter((planted) => planted.column === column).map(({ value, share }) => {
    bound += share
    return `when r_${column} < ${bound} then ${typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)}`
  })
  return `case ${arms.join(' ')}`
}
