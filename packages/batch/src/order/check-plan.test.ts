import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Engine, openEngine } from '../engine.ts'
import { checkOrder, type OrderVerdict } from './check-plan.ts'
import type { Order } from './directives.ts'
import { duckdbPlan } from './duckdb-plan.ts'
import { obey } from './obey.ts'
import { postgresPlan } from './postgres-plan.ts'

let engine: Engine

beforeAll(async () => {
  engine = await openEngine()
  for (const [name, rows] of Object.entries({ a: 10_000, b: 10, c: 1000 })) {
    await engine.connection.run(`CREATE TABLE ${name} AS SELECT i AS id, i % 10 AS k FROM range(${rows}) t(i)`)
  }
  await engine.connection.run('CREATE VIEW v AS SELECT * FROM c')
})

afterAll(() => engine.close())

async function verdictOf(sql: string, order: Order): Promise<OrderVerdict> {
  const answer = await engine.connection.runAndReadAll(`EXPLAIN (FORMAT JSON) ${sql}`)
  return checkOrder(duckdbPlan(String(answer.getRows()[0]?.[1])), order, (name) => name)
}

const CHAIN = 'a.v from a, b, c where a.id = b.id and b.k = c.id'.replace('a.v', 'count(*)')

test('a plan that joins otherwise is told, with the first join that is missing', async () => {
  expect(await verdictOf(`select ${CHAIN}`, ['a', 'c', 'b'])).toMatchObject({ verdict: 'broken', missing: ['a', 'c'] })
})

test('an order is obeyed once the engine is told so, and no longer when the settings are gone', async () => {
  const { sql, settings, orders } = obey(`select /*+ order(a, b, c) */ ${CHAIN}`, 'duckdb')
  for (const { set } of settings) await engine.connection.run(set)
  expect(await verdictOf(sql, orders[0]?.order ?? [])).toMatchObject({ verdict: 'obeyed', unseen: [] })
  for (const { reset } of settings) await engine.connection.run(reset)
  expect(await verdictOf(sql, ['c', 'a', 'b'])).toMatchObject({ verdict: 'broken' })
})

test('the groups of an order are joins of their own', async () => {
  const { sql, settings, orders } = obey(`select /*+ order(a, (c, b)) */ ${CHAIN}`, 'duckdb')
  for (const { set } of settings) await engine.connection.run(set)
  expect(await verdictOf(sql, orders[0]?.order ?? [])).toMatchObject({ verdict: 'obeyed' })
  expect(await verdictOf(sql, ['a', 'c', 'b'])).toMatchObject({ verdict: 'broken' })
  for (const { reset } of settings) await engine.connection.run(reset)
})

test('what the plan does not show by its name is told, and never counted as obeyed', async () => {
  expect(await verdictOf('select count(*) from v, b where v.id = b.id', ['v', 'b'])).toEqual({
    order: ['v', 'b'],
    verdict: 'unseen',
    unseen: ['v'],
    missing: null,
  })
})

test('a barrier is computed by itself: nothing of its readers is pushed into it', async () => {
  const { sql, settings } = obey('with p as /*+ barrier */ (select id, k from a) select * from p where id = 3', 'duckdb')
  for (const { set } of settings) await engine.connection.run(set)
  const plan = String((await engine.connection.runAndReadAll(`EXPLAIN (FORMAT JSON) ${sql}`)).getRows()[0]?.[1])
  for (const { reset } of settings) await engine.connection.run(reset)
  expect(plan).toContain('"CTE_SCAN"')
  expect(plan).not.toMatch(/"Filters": "id=3"/)
})

test('of a Postgres plan aliases are read, and what runs beside the tree is left out', () => {
  const scan = (alias: string, more = {}): object => ({ 'Node Type': 'Seq Scan', Alias: alias, ...more })
  const plan = {
    'Node Type': 'Aggregate',
    Plans: [
      {
        'Node Type': 'Hash Join',
        Plans: [scan('a'), { 'Node Type': 'Hash', Plans: [{ 'Node Type': 'Nested Loop', Plans: [scan('b'), scan('c')] }] }],
      },
      { 'Node Type': 'Nested Loop', 'Parent Relationship': 'InitPlan', Plans: [scan('a'), scan('c')] },
    ],
  }
  const read = postgresPlan([{ Plan: plan }])
  expect(checkOrder(read, [['b', 'c'], 'a'], (name) => name).verdict).toBe('obeyed')
  expect(checkOrder(read, ['a', 'c', 'b'], (name) => name)).toMatchObject({ verdict: 'broken', missing: ['a', 'c'] })
})
