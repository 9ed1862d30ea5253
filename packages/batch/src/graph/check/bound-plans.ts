/** DuckDB's plans of the models of a graph, each bound over empty tables, with views as views. */
import { assert } from '@millrace/base'
import { EVALUATION_SETTINGS, quoteLiteral, relationName } from '@millrace/sql/text'
import { withoutEnd } from '../../without-end.ts'
import { BindingSession } from './binding-session.ts'
import type { CheckedGraph, CheckedModel } from './checked-graph.ts'
import type { PlanNode } from './lineage.ts'

/** Of every wanted model that DuckDB computes into rows of its own, in the graph's order. One plan is held at a time. */
export async function eachPlan(
  graph: CheckedGraph,
  tell: (name: string, plan: PlanNode) => void,
  isWanted: (name: string) => boolean = () => true,
): Promise<void> {
  const { models, relations } = graph
  const read = readByWanted(graph, isWanted)
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  const session = new BindingSession(instance, connection, [])
  try {
    for (const setting of EVALUATION_SETTINGS) await connection.run(setting)
    for (const [name, relation] of relations) if (read.has(name)) await session.define(relation)
    for (const [name, checked] of models) {
      const { model, columns } = checked
      if (isComputed(checked) && isWanted(name)) {
        const planned = await connection.runAndReadAll(`SELECT json_serialize_plan(${quoteLiteral(model.sql)}, optimize := false)`)
        const { plans } = JSON.parse(String(planned.getRows()[0]?.[0])) as { plans?: readonly PlanNode[] }
        assert(plans?.[0] !== undefined, 'a checked model is bound again')
        tell(name, plans[0])
      }
      if (!read.has(name)) continue
      if (isView(checked)) {
        await session.makeSchema(model.name)
        await connection.run(`CREATE VIEW ${relationName(model.name)} AS (\n${withoutEnd(model.sql)}\n)`)
      } else await session.define({ name: model.name, columns })
    }
  } finally {
    session.close()
  }
}

function isView({ model: { settings } }: CheckedModel): boolean {
  return settings.engine === null && settings.materialize === 'view'
}

/** What stays on a server has SQL and types of its own. */
function isComputed({ model: { settings } }: CheckedModel): boolean {
  return settings.engine === null && settings.materialize !== 'view'
}

/** Folded names of all that the wanted models read, and of what the views among it read. */
function readByWanted({ models }: CheckedGraph, isWanted: (name: string) => boolean): ReadonlySet<string> {
  const read = new Set<string>()
  for (const [name, checked] of [...models].toReversed()) {
    const isRead = isView(checked) ? read.has(name) : isComputed(checked) && isWanted(name)
    if (isRead) for (const input of checked.inputs) read.add(input)
  }
  return read
}
