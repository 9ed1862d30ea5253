/** What the models of a graph ask for of what they read: each is bound over empty tables, with views as views. */
import { assert } from '@millrace/base'
import { EVALUATION_SETTINGS, quoteLiteral, relationName } from '@millrace/sql/text'
import { BindingSession } from '../check/binding-session.ts'
import type { CheckedGraph } from '../check/checked-graph.ts'
import type { PlanNode } from '../check/lineage.ts'
import { withoutEnd } from '../../without-end.ts'
import { type Reading, readingOf } from './touches.ts'

/** Of every model that DuckDB computes. */
export async function readingsOf({ models, relations }: CheckedGraph): Promise<Reading[]> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  const session = new BindingSession(instance, connection, [])
  const readings: Reading[] = []
  try {
    for (const setting of EVALUATION_SETTINGS) await connection.run(setting)
    // Of what stays on a server only what is read here matters: the rest has SQL and types of its own.
    const read = new Set([...models.values()].flatMap(({ model, inputs }) => (model.settings.engine === null ? inputs : [])))
    for (const [name, relation] of relations) if (read.has(name)) await session.define(relation)
    for (const [name, { model, columns }] of models) {
      if (model.settings.engine !== null) {
        if (read.has(name)) await session.define({ name: model.name, columns })
      } else if (model.settings.materialize !== 'view') {
        const planned = await connection.runAndReadAll(`SELECT json_serialize_plan(${quoteLiteral(model.sql)}, optimize := false)`)
        const { plans } = JSON.parse(String(planned.getRows()[0]?.[0])) as { plans?: readonly PlanNode[] }
        assert(plans?.[0] !== undefined, 'a checked model is bound again')
        readings.push(readingOf(name, plans[0]))
        await session.define({ name: model.name, columns })
      } else {
        await session.makeSchema(model.name)
        await connection.run(`CREATE VIEW ${relationName(model.name)} AS (\n${withoutEnd(model.sql)}\n)`)
      }
    }
  } finally {
    session.close()
  }
  return readings
}
