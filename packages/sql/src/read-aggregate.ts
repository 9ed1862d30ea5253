/** GROUP BY. Several grouping sets are several aggregates over the same rows, one below the other. */
import { aggregate, type AggregateCall } from './plan/aggregate.ts'
import type { Plan } from './plan/plan.ts'
import { project } from './plan/project.ts'
import { union } from './plan/union.ts'
import { columnReference } from './expression/column-reference.ts'
import { constant } from './expression/constant.ts'
import type { Expression } from './expression/expression.ts'
import type { ExpressionJson, PlanJson } from './plan-json.ts'
import { onlyChild, type PlanContext } from './plan-context.ts'
import { type AggregateJson, readAggregateCall } from './read-aggregate-call.ts'
import { readExpression } from './read-expression.ts'
import { readSortedInput } from './sorted-input.ts'

export function readAggregate(json: PlanJson, context: PlanContext): Plan {
  const groups = ((json['groups'] ?? []) as readonly ExpressionJson[]).map(readExpression)
  const sorted = readSortedInput(json, context)
  const calls = (sorted?.calls ?? (json['expressions'] as readonly AggregateJson[])).map(readAggregateCall)
  const asked = (json['grouping_sets'] ?? []) as readonly (readonly (number | bigint)[])[]
  const told = ((json['grouping_functions'] ?? []) as readonly (readonly (number | bigint)[])[]).map((columns) => columns.map(Number))
  const sets = asked.length === 0 ? [groups.map((_, at) => at)] : asked.map((set) => set.map(Number))
  const input = sorted?.input ?? onlyChild(json, context)
  if (sets.length === 1 && sets[0]?.length === groups.length && told.length === 0) return aggregate(input, groups, calls)
  return union(sets.map((set) => ofSet(input, { groups, calls, set, told })))
}

interface GroupingSet {
  readonly groups: readonly Expression[]
  readonly calls: readonly AggregateCall[]
  /** Which of the groups it has. */
  readonly set: readonly number[]
  /** The columns of each GROUPING(…). */
  readonly told: readonly (readonly number[])[]
}

/** All groups, those that the set lacks as NULL, then the aggregates, then what GROUPING tells of the set. */
function ofSet(input: Plan, { groups, calls, set, told }: GroupingSet): Plan {
  const grouped = aggregate(
    input,
    set.map((at) => groups[at] as Expression),
    calls,
  )
  const own = groups.map((group, at) => (set.includes(at) ? columnReference(set.indexOf(at), group.type) : constant(null, group.type)))
  const results = calls.map((call, at) => columnReference(set.length + at, call.type))
  const tellings = told.map((columns) => constant(groupingBits(columns, set), { kind: 'int64' }))
  return project(grouped, [...own, ...results, ...tellings])
}

/** One bit a column, the first the highest: 1 where the row is not grouped by it. */
function groupingBits(columns: readonly number[], set: readonly number[]): number {
  return columns.reduce((bits, column) => bits * 2 + (set.includes(column) ? 0 : 1), 0)
}
