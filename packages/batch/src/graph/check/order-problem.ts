/** What is wrong with the order of joins that a model states; null where it states none or a good one. */
import type { SqlProblem } from '@millrace/sql/text'
import { obey, type OrderedEngine } from '../../order/obey.ts'
import type { GraphModel } from '../model/model.ts'

export function orderProblem({ sql, settings }: GraphModel, engine: OrderedEngine = 'duckdb'): SqlProblem | null {
  if (!sql.includes('/*+')) return null
  const { orders, problems } = obey(sql, engine)
  const [first] = problems
  if (first !== undefined) return { code: 'SQL_BIND', problem: first.problem, byte: Buffer.byteLength(sql.slice(0, first.start)) }
  if (settings.materialize !== 'view' || orders.length === 0) return null
  const problem = 'whoever reads a view computes it, so its order cannot be held: make it a table'
  return { code: 'SQL_BIND', problem, byte: Buffer.byteLength(sql.slice(0, sql.indexOf('/*+'))) }
}
