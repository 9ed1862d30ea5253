import { expect, test } from 'vitest'
import { intervalScans } from './interval-scans.ts'

const COLUMNS = [
  { name: 'ts', type: 'TIMESTAMP' },
  { name: 'at zone', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'shop', type: 'VARCHAR' },
]
const inputs = ['shop.a', 'b'].map((name) => ({ name, columns: COLUMNS }))

const TS = '"ts"'

test.each([
  ['select ts as day from shop.a', 'TIMESTAMP', { 'shop.a': TS }],
  ['select "at zone" as day from b', 'TIMESTAMP WITH TIME ZONE', { b: '"at zone"' }],
  ['select ts::date as day, count(*) from shop.a group by 1', 'DATE', { 'shop.a': 'CAST("ts" AS DATE)' }],
  ["select date_trunc('day', ts) as day from b", 'TIMESTAMP', { b: `date_trunc('day', "ts")` }],
  ['select a.ts as day from shop.a join b on a.ts = b.ts', 'TIMESTAMP', { 'shop.a': TS, b: TS }],
  ['select a.ts as day from shop.a join b using (shop)', 'TIMESTAMP', { 'shop.a': TS }],
  ['select ts as day from shop.a union all select ts from b', 'TIMESTAMP', { 'shop.a': TS, b: TS }],
  ['select one.ts as day from b one join b other on one.shop = other.shop', 'TIMESTAMP', {}],
  ['select ts + interval 1 day as day from b', 'TIMESTAMP', {}],
  ['select ts as day, row_number() over (order by shop) from b', 'TIMESTAMP', {}],
  ['select ts as day, row_number() over (partition by ts order by shop) from b', 'TIMESTAMP', { b: TS }],
  ['select ts as day from b order by shop limit 3', 'TIMESTAMP', {}],
  ["select ts as day from b where ts >= timestamp '2020-01-01' and ts < timestamp '2020-01-02' or shop = 'A'", 'TIMESTAMP', { b: TS }],
  ['select a.ts as day from shop.a, b where b.ts <= a.ts', 'TIMESTAMP', { 'shop.a': TS }],
  ['select max(ts) as day from b group by shop', 'TIMESTAMP', {}],
])('only where the filter on the column reaches a scan, an interval needs no more of an input: %s', async (sql, type, expected) => {
  for (const unit of ['day', 'month'] as const) {
    const scans = await intervalScans({ sql, column: { name: 'day', type }, unit, inputs })
    expect(Object.fromEntries(scans)).toEqual(expected)
  }
})
