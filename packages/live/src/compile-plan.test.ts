import type { Value } from '@millrace/core'
import { BatchBuilder, type StreamDefinition } from '@millrace/core'
import { bindModels, type BoundModel, partsOf } from '@millrace/sql'
import { expect, it } from 'vitest'
import { runnablePlan } from './runner/model-graph.ts'
import { ModelUnit } from './runner/model-unit.ts'
import { spreadPlan } from './spread/spread-plan.ts'
import { ownInserts } from './testing/own-inserts.ts'

const ROWS = 200

function table(name: string): StreamDefinition {
  const columns = ['id', 'ref'].map((column) => ({ name: column, type: { kind: 'int64' } as const, nullable: true }))
  return { name, kind: 'table', partitions: 1, schema: { columns, key: [0] } }
}

const TABLES = ['a.one', 'a.two', 'a.three'].map(table)

async function boundModel(sql: string): Promise<BoundModel> {
  const { bound, errors } = await bindModels({ models: [{ name: 'm', sql }], streams: TABLES })
  expect(errors).toEqual([])
  return bound[0] as BoundModel
}

/** How many rows the model's operators remember of tables of 200 rows each, and how many it has itself. */
async function stateOf(sql: string): Promise<{ state: number; rows: number }> {
  const unit = new ModelUnit(await boundModel(sql))
  const rows = Array.from({ length: ROWS }, (_, at): Value[] => [at, at % 50])
  const changes = new Map(
    TABLES.map(({ name, schema }) => {
      const builder = new BatchBuilder(schema)
      for (const [index, row] of rows.entries()) builder.push('insert', { transaction: 1, index, time: 0 }, row)
      return [name, ownInserts(builder.finish(), schema)] as const
    }),
  )
  const output = unit.step((relation) => changes.get(relation) ?? null)
  return { state: unit.stateRows, rows: output.count }
}

it('law 8: a subquery is asked only of the rows that the other conditions leave', async () => {
  const { state, rows } = await stateOf(
    'SELECT x.id FROM a.one x, a.two y WHERE x.id = y.id AND EXISTS (SELECT 1 FROM a.three z WHERE z.ref = x.ref AND z.id > y.ref)',
  )
  expect(rows).toBe(ROWS)
  // All pairs of both tables would be 40,000.
  expect(state).toBeLessThan(ROWS * 15)
})

it('law 8: two subqueries in one WHERE are asked one after the other', async () => {
  const { state, rows } = await stateOf(
    `SELECT x.id FROM a.one x, a.two y WHERE x.id = y.id
     AND x.id IN (SELECT z.id FROM a.three z) AND x.ref NOT IN (SELECT z.ref FROM a.three z WHERE z.id < 10)`,
  )
  expect(rows).toBe(ROWS - 10 * 4)
  expect(state).toBeLessThan(ROWS * 15)
})

it('what a query says twice is computed and remembered once', async () => {
  const counted = 'SELECT ref, count(*) AS n FROM a.one GROUP BY ref'
  const once = await stateOf(counted)
  const twice = await stateOf(`WITH t AS (${counted}) SELECT ref, n FROM t UNION ALL SELECT ref, n FROM t`)
  expect(twice).toEqual({ state: once.state, rows: once.rows * 2 })
})

it('a scalar subquery costs its rows once', async () => {
  expect(await stateOf('SELECT id FROM a.one WHERE id > (SELECT avg(id) FROM a.two)')).toMatchObject({ rows: ROWS / 2 })
  expect(await stateOf('SELECT (SELECT max(id) FROM a.two WHERE id < 0) AS none FROM a.one')).toMatchObject({ rows: ROWS })
  expect(await stateOf('SELECT id, (SELECT id FROM a.two WHERE id = 7) AS seven FROM a.one')).toMatchObject({ rows: ROWS })
})

it.each([
  ['marks', (at: number) => `x.ref > ALL (SELECT z.ref + ${at} FROM a.three z) AS c${at}`],
  ['correlated marks', (at: number) => `x.ref IN (SELECT z.ref + ${at} FROM a.two z WHERE z.id < x.id) AS c${at}`],
  ['values', (at: number) => `(SELECT z.ref FROM a.two z WHERE z.id = x.ref + ${at}) AS c${at}`],
])('a plan grows with the number of its subqueries and not faster: %s', async (_name, subquery) => {
  const partsWith = async (count: number): Promise<readonly number[]> => {
    const columns = Array.from({ length: count }, (_, at) => subquery(at))
    const model = await boundModel(`SELECT x.id, ${columns.join(', ')} FROM a.one x`)
    const runnable = runnablePlan(model)
    new ModelUnit(model).close()
    return [model.plan, runnable, ...spreadPlan(runnable).parts.map(({ plan }) => plan)].map((plan) => partsOf(plan).length)
  }
  const few = Math.max(...(await partsWith(3)))
  const many = Math.max(...(await partsWith(6)))
  expect(many).toBeLessThan(few * 3)
})
