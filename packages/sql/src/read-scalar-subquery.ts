/**
 * `(SELECT …)` as a value, without a column from outside. DuckDB plans it as an aggregate that takes the
 * first row and an error where there are more. Where it is not proven that there is never a second row, the
 * model has no answer for as long as there is one.
 */
import { columnReference } from './expression/column-reference.ts'
import type { ExpressionType } from './duckdb-type.ts'
import type { Expression } from './expression/expression.ts'
import { valueOfOneRow } from './compile/functions-single.ts'
import { aggregate, type AggregateCall } from './plan/aggregate.ts'
import type { Plan } from './plan/plan.ts'
import { project } from './plan/project.ts'
import type { ExpressionJson, PlanJson } from './plan-json.ts'
import { onlyChild, type PlanContext } from './plan-context.ts'
import { type AggregateJson, readAggregateCall } from './read-aggregate-call.ts'
import { uniqueKeysOf } from './unique-key.ts'

const COUNT: ExpressionType = { kind: 'int64' }

function countOfRows(place: number | null): AggregateCall {
  return { function: 'count_star', type: COUNT, place, inputs: [], distinct: false, condition: null, order: [], settings: {} }
}

/** The rows of each key as one, which has no value where there were several. */
export function oneOfEachKey(rows: Plan, keys: readonly number[], place: number | null): Plan {
  const column = (at: number): Expression => columnReference(at, rows.types[at] as ExpressionType)
  const others = rows.types.map((_, at) => at).filter((at) => !keys.includes(at))
  const values = others.map((at): AggregateCall => {
    const of = column(at)
    return { ...countOfRows(place), function: 'any_value', type: of.type, inputs: [of] }
  })
  const grouped = aggregate(rows, keys.map(column), [...values, countOfRows(place)])
  const told = (at: number): Expression => columnReference(at, grouped.types[at] as ExpressionType)
  return project(
    grouped,
    rows.types.map((_, at) => {
      const key = keys.indexOf(at)
      return key >= 0 ? told(key) : valueOfOneRow(told(keys.length + others.indexOf(at)), told(grouped.types.length - 1), place)
    }),
  )
}

/** Null where the projection is none. */
export function readScalarSubquery(json: PlanJson, context: PlanContext): Plan | null {
  const [grouped] = json.children
  const expressions = json['expressions'] as readonly ExpressionJson[]
  if (grouped?.type !== 'LOGICAL_AGGREGATE_AND_GROUP_BY' || expressions.length !== 1 || !raisesOfSeveral(expressions[0])) return null
  const calls = grouped['expressions'] as readonly AggregateJson[]
  const [first, count] = calls
  if (calls.length !== 2 || first?.name !== 'first' || count?.name !== 'count_star') return null
  const input = onlyChild(grouped, context)
  const { place, ...call } = readAggregateCall(first)
  // Of one row at most, what is there of any value is that row's; without a row it is NULL.
  const value = { ...call, place, function: 'any_value' } as const
  if (uniqueKeysOf(input).some((key) => key.length === 0)) return project(aggregate(input, [], [value]), [columnReference(0, call.type)])
  return project(aggregate(input, [], [value, countOfRows(place)]), [
    valueOfOneRow(columnReference(0, call.type), columnReference(1, COUNT), place),
  ])
}

/** `CASE WHEN count_star() > 1 THEN error(…) ELSE first(…) END` */
function raisesOfSeveral(json: ExpressionJson | undefined): boolean {
  if (json?.expression_class !== 'BOUND_CASE') return false
  const checks = json['case_checks'] as readonly { readonly then_expr: ExpressionJson }[]
  return checks.length === 1 && nameWithin(checks[0]?.then_expr) === 'error'
}

/** The function's, also below a cast to the type of the other branch. */
function nameWithin(json: ExpressionJson | undefined): unknown {
  return json?.expression_class === 'BOUND_CAST' ? nameWithin(json['child'] as ExpressionJson) : json?.['name']
}
