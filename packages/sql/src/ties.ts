/**
 * Where a result depends on how rows stand that tie in an ORDER BY. A live model has one answer there, and DuckDB
 * leaves it to chance. A place is named unless it is proven that the order tells its rows apart.
 */
import type { Expression } from './expression/expression.ts'
import { closure } from './functional-dependencies.ts'
import type { Aggregate, AggregateCall } from './plan/aggregate.ts'
import type { Asof } from './plan/asof.ts'
import type { Plan } from './plan/plan.ts'
import { partsOf } from './plan/plan-parts.ts'
import { dependenciesOf } from './unique-key.ts'
import type { Top } from './plan/top.ts'
import type { Window, WindowCall } from './plan/window.ts'
import { ORDERED_AGGREGATES } from './read-aggregate-call.ts'

/** What depends on it, by name, in the order of the plan: `LIMIT`, `row_number`, `list`. */
export function tiesOf(plan: Plan): readonly string[] {
  return [...new Set(partsOf(plan).flatMap(ownTies))]
}

function ownTies(plan: Plan): readonly string[] {
  switch (plan.kind) {
    case 'top':
      return isTopTied(plan) ? [plan.partitions.length > 0 ? 'the first rows of a key' : 'LIMIT'] : []
    case 'window':
      return tiesOfWindow(plan)
    case 'aggregate':
      return plan.calls.filter((call) => isCallTied(call, plan)).map((call) => call.function)
    case 'asof':
      return isAsofTied(plan) ? ['ASOF JOIN'] : []
    default:
      return []
  }
}

function isTopTied({ input, partitions, order, counting, offset, count, numbered }: Top): boolean {
  const takesAll = count === null && offset === 0 && !numbered
  return !takesAll && counting === 'row_number' && !tellsApart(input, [...partitions, ...order.map((key) => key.expression)])
}

function tiesOfWindow({ input, partitions, order, calls }: Window): readonly string[] {
  if (tellsApart(input, [...partitions, ...order.map((key) => key.expression)])) return []
  return calls.filter(countsRows).map((call) => call.aggregate?.function ?? call.function)
}

/** Whether a window function's result depends on which of the rows that tie comes first. */
function countsRows({ function: name, frame, aggregate }: WindowCall): boolean {
  switch (name) {
    case 'rank':
    case 'dense_rank':
    case 'percent_rank':
    case 'cume_dist':
      return false
    case 'aggregate': {
      const isByRows = [frame.start, frame.end].some((bound) => bound.edge !== 'partition' && bound.unit === 'rows')
      return isByRows || (aggregate !== null && ORDERED_AGGREGATES.has(aggregate.function))
    }
    default:
      return true
  }
}

/** Rows that tie may stand in any order where they agree in the value that is taken. */
function isCallTied({ function: name, inputs, order }: AggregateCall, { input, groups }: Aggregate): boolean {
  if (name === 'mode') return true
  if (!ORDERED_AGGREGATES.has(name) || isOfOneRow(name, order.length)) return false
  const by = name.startsWith('arg_') ? inputs.slice(1) : []
  const known = columnsOnly([...groups, ...by, ...order.map((key) => key.expression)])
  const [value] = inputs
  return value !== undefined && value.kind !== 'constant' && (value.kind !== 'column' || !followsFrom(input, known).has(value.index))
}

/** Only the binder writes a FIRST without an order, of a subquery that has one row. */
function isOfOneRow(name: AggregateCall['function'], keys: number): boolean {
  return (name === 'first' || name === 'last') && keys === 0
}

function isAsofTied({ right, keys, rightValue }: Asof): boolean {
  return !tellsApart(right, [...keys.map((key) => key.right), rightValue])
}

/** Whether rows that agree in some expressions agree in all that is read of them. */
function tellsApart(plan: Plan, expressions: readonly Expression[]): boolean {
  const known = followsFrom(plan, columnsOnly(expressions))
  return plan.types.every((_, at) => known.has(at) || (plan.kind === 'scan' && plan.columns[at] === null))
}

function followsFrom(plan: Plan, columns: readonly number[]): ReadonlySet<number> {
  return closure(columns, dependenciesOf(plan))
}

function columnsOnly(expressions: readonly Expression[]): readonly number[] {
  return expressions.flatMap((expression) => (expression.kind === 'column' ? [expression.index] : []))
}
