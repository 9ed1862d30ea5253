/**
 * Whether the plan that its engine makes for a model joins in the order that the model states. A server is asked for
 * the plan of what it would compute, over the versions that the environment shows. DuckDB names no
 * files in its plan, so what the environment shows stands as tables, with some rows of each: with the search
 * for an order off, how many there are decides nothing about it.
 */
import { MillraceError } from '@millrace/base'
import { quoteIdentifier, relationName } from '@millrace/sql/text'
import { checkOrder, type OrderVerdict } from '../../order/check-plan.ts'
import { duckdbPlan } from '../../order/duckdb-plan.ts'
import { obey } from '../../order/obey.ts'
import type { CheckedModel } from '../check/checked-graph.ts'
import type { Version } from '../catalog/version.ts'
import { type ServerEngine, serverRelation } from '../engine/graph-engine.ts'
import { withoutEnd } from '../../without-end.ts'
import { type EnvironmentRequest, openEnvironment } from './open-environment.ts'
import { ServerRuns, showOnServer } from './server-runs.ts'

const SAMPLE_ROWS = 1000

export interface ExplainRequest extends Omit<EnvironmentRequest, 'sql'> {
  readonly engines?: readonly ServerEngine[]
}

/** One verdict for each order that it states. Raises STREAM_UNKNOWN where the environment lacks what it reads. */
export async function explainOrders(request: ExplainRequest, checked: CheckedModel): Promise<OrderVerdict[]> {
  const { model, inputs } = checked
  const { sql, orders } = obey(model.sql, 'duckdb')
  if (orders.length === 0) return []
  const published = request.catalog.published(request.environment)
  const { engine } = model.settings
  // Tables of a server need no run.
  const shown = engine === null ? inputs : inputs.filter((input) => !input.startsWith(serverRelation(engine, '')))
  const missing = shown.find((input) => !published.has(input))
  if (missing !== undefined) throw new MillraceError('STREAM_UNKNOWN', { details: { name: missing } })
  if (engine !== null) return explainOnServer(request, checked, { shown, versionOf: (name) => published.get(name) as Version })
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

async function explainOnServer(
  { catalog, engines = [] }: ExplainRequest,
  model: CheckedModel,
  { shown, versionOf }: { readonly shown: readonly string[]; readonly versionOf: (name: string) => Version },
): Promise<OrderVerdict[]> {
  const runs = new ServerRuns(catalog)
  const { engine } = model.model.settings
  try {
    for (const each of engines) if (each.name === engine) await runs.begin(each, { workers: 1, writes: false })
    const run = runs.of(engine ?? '')
    for (const input of shown) await showOnServer(run, versionOf(input), versionOf)
    return await run.explain(model)
  } finally {
    await runs.close()
  }
}
