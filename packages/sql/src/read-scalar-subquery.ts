/**
 * `(SELECT …)` as a value, without a column from outside. DuckDB plans it as an aggregate that takes the
 * first row and an error where there are more. A live model cannot wait for such an error to happen, so
 * that it must be proven that there is never a second row.
 */
import { columnReference } from './expression/column-reference.ts'
import { aggregate } from './plan/aggregate.ts'
import type { Plan } from './plan/plan.ts'
import { project } from './plan/project.ts'
import type { ExpressionJson, PlanJson } from './plan-json.ts'
import { onlyChild, type PlanContext } from './plan-context.ts'
import { type AggregateJson, readAggregateCall } from './read-aggregate-call.ts'
import { Unsupported } from './sql-error.ts'
import { uniqueKeysOf } from './unique-key.ts'

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
  if (!uniqueKeysOf(input).some((key) => key.length === 0))
    throw new Unsupported('a scalar subquery that may yield several rows', place, 'Aggregate within the subquery.')
  // Of one row at most, what is there of any value is that row's; without a row it is NULL.
  const only = aggregate(input, [], [{ ...call, place, function: 'any_value' }])
  return project(only, [columnReference(0, call.type)])
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
