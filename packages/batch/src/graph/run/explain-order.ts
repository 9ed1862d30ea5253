/**
 * Whether the plan that DuckDB makes for a model joins in the order that the model states. DuckDB names no
 * files in its plan, so what the environment shows stands as tables, with some rows of each: with the search
 * for an order off, how many there are decides nothing about it.
 */
import { MillraceError } from '@millrace/base'
import { quoteIdentifier, relationName } from '@millrace/sql/text'
import { checkOrder, type OrderVerdict } from '../../order/check-plan.ts'
import { duckdbPlan } from '../../order/duckdb-plan.ts'
import { obey } from '../../order/obey.ts'
import type { CheckedModel } from '../check/checked-graph.ts'
import { withoutEnd } from '../../without-end.ts'
import { type EnvironmentRequest, openEnvironment } from './open-environment.ts'

const SAMPLE_ROWS = 1000

/** One verdict for each order that it states. Raises STREAM_UNKNOWN where the environment lacks what it reads. */
export async function explainOrders(request: Omit<EnvironmentRequest, 'sql'>, { model, inputs }: CheckedModel): Promise<OrderVerdict[]> {
  const { sql, orders } = obey(model.sql, 'duckdb')
  if (orders.length === 0) return []
  const published = request.catalog.published(request.environment)
  const missing = inputs.find((input) => !published.has(input))
  if (missing !== undefined) throw new MillraceError('STREAM_UNKNOWN', { details: { name: missing } })
  const environment = await openEnvironment({ ...request, sql: inputs.join(', '), joins: 'as written' })
  const { connection } = environment
  try {
    for (const input of inputs) {
      const sample = `TEMP TABLE ${quoteIdentifier(`millrace_sample ${input}`)}`
      await connection.run(`CREATE ${sample} AS SELECT * FROM ${relationName(input)} LIMIT ${SAMPLE_ROWS}`)
    }
    for (const input of inputs) {
      await connection.run(`DROP VIEW IF EXISTS ${relationName(input)} CASCADE`)
      await connection.run(`CREATE TABLE ${relationName(input)} AS FROM ${quoteIdentifier(`millrace_sample ${input}`)}`)
    }
    const answer = await connection.runAndReadAll(`EXPLAIN (FORMAT JSON) ${withoutEnd(sql)}`)
    const plan = duckdbPlan(String(answer.getRows()[0]?.[1]))
    return orders.map(({ order, relations }) => checkOrder(plan, order, (alias) => relations.get(alias) ?? alias))
  } finally {
    environment.close()
  }
}
