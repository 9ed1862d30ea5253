import type { Schema, Type } from '@millrace/core'
import { bindModels } from '@millrace/sql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Engine, openEngine } from '../engine.ts'
import { CountTables } from './count-tables.ts'
import { placementOf, type ShardEngine } from './placement.ts'
import { skewOf, type SkewReport } from './report.ts'
import { loadsOf } from './shard-loads.ts'
import { type KeyUse, usesOf } from './uses.ts'

const INT: Type = { kind: 'int64' }
const TEXT: Type = { kind: 'text' }
const schema = (key: readonly number[], ...columns: readonly (readonly [string, Type])[]): Schema => ({
  columns: columns.map(([name, type]) => ({ name, type, nullable: true })),
  key,
})
/** Of 100,000 orders half are of customer 7, a tenth of nobody; the rest of 2,000 customers. */
const ORDERS = schema([0], ['id', INT], ['customer', INT], ['shop', INT], ['note', TEXT])
const CUSTOMERS = schema([0], ['id', INT], ['name', TEXT])
const STREAMS = [
  { name: 'shop.orders', schema: ORDERS },
  { name: 'shop.customers', schema: CUSTOMERS },
]
let engine: Engine

beforeAll(async () => {
  engine = await openEngine()
  await engine.connection.run('CREATE SCHEMA shop')
  await engine.connection.run(
    `CREATE TABLE shop.orders AS SELECT i AS id, CASE WHEN i % 2 = 0 THEN 7 WHEN i % 10 = 1 THEN NULL ELSE i % 2000 END AS customer, i % 5 AS shop, 'n' AS note FROM range(100000) t(i)`,
  )
  await engine.connection.run(`CREATE TABLE shop.customers AS SELECT i AS id, 'c' || i AS name FROM range(2000) t(i)`)
})

afterAll(async () => {
  await engine.close()
})

async function usesIn(sql: string): Promise<readonly KeyUse[]> {
  const { bound, errors } = await bindModels({ models: [{ name: 'm', sql, file: 'models/m.sql' }], streams: STREAMS })
  expect(errors).toEqual([])
  return usesOf(bound)
}

interface Asked {
  readonly sql?: string
  readonly engine?: ShardEngine
  readonly keys?: readonly (readonly string[])[]
}

async function reportOf({
  sql = 'select customer, count(*) as n from shop.orders group by customer',
  engine: name = 'postgres',
  keys,
}: Asked): Promise<SkewReport> {
  return skewOf({
    connection: engine.connection,
    relation: { name: 'shop.orders', schema: ORDERS },
    schemaOf: (relation) => STREAMS.find((stream) => stream.name === relation)?.schema,
    uses: await usesIn(sql),
    engine: name,
    shards: 16,
    top: 3,
    keys,
  })
}

test('the frequent value of a key is named with its share, and what it does to a shard', async () => {
  const report = await reportOf({ keys: [['customer']] })
  const plain = report.keys.find(({ salt }) => salt === null)
  expect(plain).toMatchObject({ columns: ['customer'], nullRows: 10_000, serves: ['m'] })
  expect(plain?.hottest.slice(0, 2)).toEqual([
    { key: [7], rows: 50_050, share: 0.5005 },
    { key: [null], rows: 10_000, share: 0.1 },
  ])
  expect(plain?.slowest).toBeGreaterThan(8)
  expect(plain?.loads.reduce((sum, load) => sum + load, 0)).toBe(100_000)
})

test('a salt for the frequent values makes the shards even, and is ranked before the key alone', async () => {
  const { keys } = await reportOf({ keys: [['customer']] })
  expect(keys.map(({ salt }) => salt !== null)).toEqual([true, false])
  expect(keys[0]).toMatchObject({ salt: { hot: 2, keys: [[7], [null]] } })
  expect(keys[0]?.slowest).toBeLessThan(1.4)
  expect(keys[0]?.loads.reduce((sum, load) => sum + load, 0)).toBeCloseTo(100_000, 3)
})

test('the declared key, keys in use and columns with enough values are tried; a column with few is not', async () => {
  const { keys } = await reportOf({})
  expect(new Set(keys.map(({ columns }) => columns.join()))).toEqual(new Set(['id', 'customer']))
})

test('a salt is not offered where nothing tells the rows of one key apart', async () => {
  const { keys } = await reportOf({ keys: [['id', 'customer']] })
  expect(keys.every(({ salt }) => salt === null)).toBe(true)
})

test('without an identity a salt is made of the column that varies most within the frequent value', async () => {
  await engine.connection.run(
    'CREATE OR REPLACE TABLE shop.keyless AS SELECT CASE WHEN i % 2 = 0 THEN 7 ELSE i END AS customer, CASE WHEN i % 2 = 0 THEN 0 ELSE i END AS once, i % 3000 AS often FROM range(20000) t(i)',
  )
  const relation = { name: 'shop.keyless', schema: schema([], ['customer', INT], ['once', INT], ['often', INT]) }
  const asked = { schemaOf: () => undefined, uses: [], engine: 'spark', shards: 16, top: 1 } as const
  const { keys } = await skewOf({ ...asked, connection: engine.connection, relation, keys: [['customer']] })
  expect(keys.map(({ salt }) => salt?.by ?? null)).toEqual(['often', null])
})

test('what a join makes of a frequent value is reckoned from both sides', async () => {
  const { uses } = await reportOf({ sql: 'select o.id, c.name from shop.orders o join shop.customers c on o.customer = c.id' })
  expect(uses).toMatchObject([
    { model: 'm', does: 'join', columns: ['customer'], with: { relation: 'shop.customers', columns: ['id'] }, rowsOut: 90_000 },
  ])
  expect(uses[0]?.hottestShare).toBeCloseTo(50_050 / 90_000, 5)
})

test.each([
  ['select customer, sum(id) as s from shop.orders group by 1', ['group:customer']],
  ['select o.id from shop.orders o, shop.customers c where o.customer = c.id and o.shop > 1', ['join:customer', 'join:id']],
  ['select id, row_number() over (partition by shop, customer order by id) as n from shop.orders', ['window:shop,customer']],
  ['select x.c, count(*) as n from (select customer as c from shop.orders where shop = 1) x group by x.c', ['group:customer']],
  ['select customer + 1 as c, count(*) as n from shop.orders group by 1', []],
  [
    'select t.n, c.name from (select customer, count(*) as n from shop.orders group by 1) t join shop.customers c on c.id = t.customer',
    ['group:customer', 'join:id'],
  ],
])('of "%s" the keys in use are found', async (sql, expected) => {
  expect((await usesIn(sql)).map(({ does, columns }) => `${does}:${columns.join()}`).toSorted()).toEqual(expected)
})

test('where keys are too many to be held, the rare ones count as spread evenly', async () => {
  const columns = [{ name: 'id', type: INT, nullable: false }]
  const counts = await new CountTables(engine.connection, { keysMax: 100 }).counts({ relation: 'shop.orders', columns })
  expect(counts).toMatchObject({ rows: 100_000, distinct: 100_000, restRows: 99_900 })
  const placement = placementOf({ engine: 'postgres', columns, shards: 4 })
  expect(placement).not.toBeNull()
  if (placement !== null) expect(loadsOf(counts, placement).loads.reduce((sum, load) => sum + load, 0)).toBeCloseTo(100_000, 6)
})
