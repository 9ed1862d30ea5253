/** WITH RECURSIVE. */
import type { Plan } from './plan/plan.ts'
import { recursion, workingName, workingRows } from './plan/recursion.ts'
import type { PlanJson } from './plan-json.ts'
import { type PlanContext, sidesOf } from './plan-context.ts'
import { Unsupported } from './sql-error.ts'

export function readRecursion(json: PlanJson, context: PlanContext): Plan {
  const [initialJson, roundJson] = json.children
  const keys = (json['key_targets'] ?? []) as readonly unknown[]
  if (keys.length > 0) throw new Unsupported('WITH RECURSIVE … USING KEY', null, 'Keep the rows that are wanted after the recursion.')
  if (json['ref_recurring'] === true)
    throw new Unsupported('WITH RECURSIVE that reads its recurring table', null, 'Read the rows of the round before alone.')
  if (context.outer !== null)
    throw new Unsupported('a correlated subquery with WITH RECURSIVE', null, 'Compute it for all rows, and join it.')
  if (initialJson === undefined || roundJson === undefined) return sidesOf(json, context).left
  const table = Number(json['table_index'])
  const initial = context.read(initialJson, context)
  const working = workingName(table)
  const tables = new Map(context.tables)
  tables.set(table, workingRows(working, initial.types))
  const round = context.read(roundJson, { ...context, tables })
  return recursion({ initial, round }, { working, distinct: json['union_all'] !== true })
}
