import { assert } from '@millrace/base'
import type { StreamDefinition } from '@millrace/core'
import { type BoundModel, bindModels, columnsOf, type Plan } from '@millrace/sql'
import { expect, it } from 'vitest'
import { runnablePlan } from '../runner/model-graph.ts'
import { findSessions } from './find-sessions.ts'

const columns = [
  { name: 'who', type: { kind: 'int64' as const }, nullable: true },
  { name: 'seen', type: { kind: 'timestamp' as const }, nullable: true },
  { name: 'size', type: { kind: 'float64' as const }, nullable: true },
]
const TABLE: StreamDefinition = { name: 'a.bids', kind: 'table', partitions: 1, schema: { columns, key: [] } }

interface Spoken {
  readonly chosen?: string
  readonly grouped?: string
  readonly lag?: string
  readonly order?: string
  readonly sum?: string
  readonly sumBy?: string
  readonly begins?: string
}

function sql(spoken: Spoken): string {
  const { chosen = 'who, count(*)', grouped = 'who, session', lag = 'lag(seen)', order = 'seen' } = spoken
  const { sumBy = `PARTITION BY who ORDER BY ${order}`, begins = 'seen - before > INTERVAL 1 MINUTE', sum = 'sum(begins)' } = spoken
  const marked = `SELECT *, ${lag} OVER (PARTITION BY who ORDER BY ${order}) AS before FROM a.bids`
  const begun = `SELECT *, CASE WHEN ${begins} THEN 1 ELSE 0 END AS begins FROM (${marked})`
  return `SELECT ${chosen} FROM (SELECT *, ${sum} OVER (${sumBy}) AS session FROM (${begun})) GROUP BY ${grouped}`
}

async function areFound(spoken: Spoken): Promise<boolean> {
  const { bound, errors } = await bindModels({ models: [{ name: 'm', sql: sql(spoken) }], streams: [TABLE] })
  expect(errors).toEqual([])
  let plan: Plan = runnablePlan(bound[0] as BoundModel)
  const read = new Set<number>()
  for (; plan.kind === 'project' || plan.kind === 'filter'; plan = plan.input) {
    const expressions = plan.kind === 'project' ? plan.expressions : [plan.condition]
    for (const expression of expressions) columnsOf(expression, read)
  }
  assert(plan.kind === 'aggregate', 'the model groups')
  return findSessions(plan, read) !== null
}

it.each<Spoken>([
  {},
  { chosen: 'who, min(seen), sum(size)' },
  { order: 'seen DESC' },
  { grouped: 'session, who, size > 1' },
  { sum: 'count(*) FILTER (begins = 1)' },
  { begins: 'before IS NULL OR seen > before + INTERVAL 1 HOUR' },
])('sessions are found where nobody sees their numbers: %j', async (spoken) => {
  expect(await areFound(spoken)).toBe(true)
})

it.each<Spoken>([
  { chosen: 'who, session, count(*)' },
  { chosen: 'who, max(session)' },
  { chosen: 'who, max(before)' },
  { chosen: 'count(*)', grouped: 'session' },
  { sumBy: 'PARTITION BY who ORDER BY seen DESC' },
  { sumBy: 'PARTITION BY who ORDER BY seen ROWS UNBOUNDED PRECEDING' },
  { sumBy: 'PARTITION BY who ORDER BY seen, size' },
  { sumBy: 'ORDER BY seen' },
  { lag: 'lead(seen)' },
  { lag: 'lag(seen, 2)' },
  { lag: "lag(seen, 1, TIMESTAMP '2020-01-01')" },
  { begins: 'size > 1' },
  { sum: 'sum(begins * 2)' },
  { sum: 'sum(CAST(seen > before AS INTEGER))' },
])('what only looks like sessions is left to the windows: %j', async (spoken) => {
  expect(await areFound(spoken)).toBe(false)
})
