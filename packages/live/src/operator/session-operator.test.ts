import { assert } from '@millrace/base'
import type { StreamDefinition } from '@millrace/core'
import { bindModels } from '@millrace/sql'
import { expect, it } from 'vitest'
import { compilePlan } from '../compile-plan.ts'
import { findSessions } from '../rewrite/find-sessions.ts'
import { runnablePlan } from '../runner/model-graph.ts'
import { relationChange, type WeightedRow } from '../testing/unit-relation.ts'
import { StateMemory } from '../spill/state-memory.ts'
import { StateScope } from '../spill/state-scope.ts'
import type { Operator } from './operator.ts'
import { sessionOperator } from './session-operator.ts'

const TABLE: StreamDefinition = {
  name: 'a.steps',
  kind: 'table',
  partitions: 1,
  schema: { columns: [{ name: 't', type: { kind: 'int64' }, nullable: true }], key: [] },
}
const SQL = `SELECT count(*) FROM (
  SELECT *, sum(CASE WHEN t - before <= 1 THEN 0 ELSE 1 END) OVER (ORDER BY t) AS session
  FROM (SELECT *, lag(t) OVER (ORDER BY t) AS before FROM a.steps))
GROUP BY session`
const ROWS = 10_000

async function sessions(): Promise<Operator> {
  const { bound } = await bindModels({ models: [{ name: 'm', sql: SQL }], streams: [TABLE] })
  assert(bound[0] !== undefined, 'the model binds')
  const plan = runnablePlan(bound[0])
  assert(plan.kind === 'project' && plan.input.kind === 'aggregate', 'a projection of groups')
  const found = findSessions(plan.input, new Set([1]))
  assert(found !== null, 'they are sessions')
  return sessionOperator(compilePlan(found.sessions.input), found.sessions, new StateScope(new StateMemory()))
}

/** How many rows are told. */
function told(operator: Operator, rows: readonly WeightedRow[]): number {
  const change = relationChange(TABLE.schema, rows)
  return operator.step({ first: false, change: () => change }).count
}

it.each([1, 5, ROWS - 2])('a session of many rows that is cut and joined at %i costs its shorter side alone', async (place) => {
  const operator = await sessions()
  const all = Array.from({ length: ROWS }, (_, t): WeightedRow => ({ row: [t], weight: 1 }))
  expect(told(operator, all)).toBe(ROWS)
  const shorter = Math.min(place, ROWS - 1 - place)
  // Each row goes from one label and comes under the other; beside them the row itself goes, and comes again.
  expect(told(operator, [{ row: [place], weight: -1 }])).toBe(2 * shorter + 1)
  expect(told(operator, [{ row: [place], weight: 1 }])).toBe(2 * shorter + 1)
})

it('a row behind all others costs itself alone', async () => {
  const operator = await sessions()
  told(
    operator,
    Array.from({ length: ROWS }, (_, t): WeightedRow => ({ row: [t], weight: 1 })),
  )
  expect(told(operator, [{ row: [ROWS], weight: 1 }])).toBe(1)
  expect(told(operator, [{ row: [ROWS + 9], weight: 1 }])).toBe(1)
})
