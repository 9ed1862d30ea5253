/** The statements are run as they are printed, and the rows then lie as they were said to. */
import type { Schema, Type } from '@millrace/core'
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Engine, openEngine } from '../engine.ts'
import { type KeyReport, skewOf, type SkewReport } from './report.ts'
import { statementsFor } from './statements.ts'

const INT: Type = { kind: 'int64' }
const SCHEMA: Schema = {
  columns: [
    { name: 'id', type: INT, nullable: false },
    { name: 'customer', type: INT, nullable: true },
    { name: 'Region', type: { kind: 'text' }, nullable: true },
  ],
  key: [0],
}
const RELATION = { name: 'shop.orders', schema: SCHEMA }
const ROWS = `SELECT i AS id, CASE WHEN i % 2 = 0 THEN 7 WHEN i % 10 = 1 THEN NULL ELSE i % 3000 END AS customer, 'r''' || (i % 40) AS "Region"`
const SHARDS = 8

let engine: Engine
let postgres: Postgres

beforeAll(async () => {
  engine = await openEngine()
  await engine.connection.run('CREATE SCHEMA shop')
  await engine.connection.run(`CREATE TABLE shop.orders AS ${ROWS} FROM range(60000) t(i)`)
  postgres = await startPostgres()
})

afterAll(async () => {
  await postgres.stop()
  await engine.close()
})

async function reported(columns: readonly string[], relation = RELATION): Promise<SkewReport> {
  return skewOf({
    connection: engine.connection,
    relation,
    schemaOf: () => undefined,
    uses: [],
    keys: [columns],
    engine: 'postgres',
    shards: SHARDS,
    top: 3,
  })
}

async function laid(report: SkewReport, key: KeyReport, relation = RELATION): Promise<readonly number[]> {
  await postgres.query('drop table if exists orders, orders_before')
  await postgres.query(
    `create table orders (id int8 primary key, customer int8, "Region" text); insert into orders ${ROWS} from generate_series(0, 59999) t(i)`,
  )
  await postgres.query(statementsFor({ relation, report, key }).join('\n'))
  const counts = await postgres.query<{ rows: number }>(
    `select (select count(*)::int from orders o where o.tableoid = c.oid) as rows from pg_class c where relname ~ '^orders_next_[0-9]+$' order by substring(relname from '[0-9]+$')::int`,
  )
  expect(await postgres.query('select count(*)::int as n, sum(id)::text as ids from orders')).toEqual([
    { n: 60_000, ids: String((59_999 * 60_000) / 2) },
  ])
  return counts.map(({ rows }) => rows)
}

it.each([[['customer']], [['Region']], [['id']], [['customer', 'Region']]])(
  'by %j each partition holds what was foretold',
  async (columns) => {
    const report = await reported(columns)
    const key = report.keys.find(({ salt }) => salt === null)
    expect(key).toBeDefined()
    if (key !== undefined) expect(await laid(report, key)).toEqual(key.loads)
  },
)

it.each([
  ['of its identity', RELATION],
  ['that varies most within the key, where it has no identity', { ...RELATION, schema: { ...SCHEMA, key: [] } }],
])('by a key that is salted by a column %s each partition holds what was foretold, within a twentieth', async (_what, relation) => {
  const report = await reported(['customer'], relation)
  const [best] = report.keys
  expect(best?.salt?.by).toBe('id')
  if (best === undefined) return
  const rows = await laid(report, best, relation)
  for (const [at, load] of best.loads.entries()) expect(Math.abs((rows[at] ?? 0) / load - 1)).toBeLessThan(0.05)
  expect(Math.max(...rows) / (60_000 / SHARDS)).toBeLessThan(1.25)
})
