/**
 * `SELECT list(x) FROM (SELECT … ORDER BY y)`: DuckDB hands the rows of a sorted subquery to an aggregate in their
 * order, though a relation has none. An aggregate whose result depends on it takes the order for its own.
 */
import { columnReference } from './expression/column-reference.ts'
import type { Plan } from './plan/plan.ts'
import { project } from './plan/project.ts'
import type { ExpressionJson, PlanJson } from './plan-json.ts'
import { expressionsOf, onlyChild, type PlanContext } from './plan-context.ts'
import type { AggregateJson } from './read-aggregate-call.ts'
import { type OrderJson, readSortKeys } from './read-sort-keys.ts'

export interface SortedInput {
  readonly input: Plan
  readonly calls: readonly AggregateJson[]
}

/** Aggregates that tell their rows in order, or the first or last of them. */
const TELL_ORDER: ReadonlySet<string> = new Set([
  'list',
  'array_agg',
  'string_agg',
  'group_concat',
  'listagg',
  'first',
  'last',
  'any_value',
  'arbitrary',
])

/** Null where the aggregate's rows are not sorted, or no call asks for their order. */
export function readSortedInput(json: PlanJson, context: PlanContext): SortedInput | null {
  const written = json['expressions'] as readonly AggregateJson[]
  if (!written.some(takesOrder)) return null
  const projections: PlanJson[] = []
  let below = json.children[0]
  for (; below?.type === 'LOGICAL_PROJECTION'; below = below.children[0]) projections.push(below)
  if (below?.type !== 'LOGICAL_ORDER_BY') return null
  const orders = below['orders'] as readonly OrderJson[]
  const sorted = withKeys(onlyChild(below, context), orders)
  const input = projections.reduceRight((plan, projection) => projectedWithKeys(plan, projection, orders.length), sorted)
  const first = input.types.length - orders.length
  const order_bys = { orders: orders.map((order, at) => ({ ...order, expression: referenceTo(order.expression, first + at) })) }
  return { input, calls: written.map((call) => (takesOrder(call) ? { ...call, order_bys } : call)) }
}

/** DISTINCT values stand in an order of their own. */
function takesOrder({ name, aggregate_type: kind, order_bys: own }: AggregateJson): boolean {
  return TELL_ORDER.has(name) && kind !== 'DISTINCT' && (own?.orders ?? []).length === 0
}

/** What is ordered by stands behind the columns. */
function withKeys(plan: Plan, orders: readonly OrderJson[]): Plan {
  const keys = readSortKeys(orders).map(({ expression }) => expression)
  return project(plan, [...plan.types.map((type, at) => columnReference(at, type)), ...keys])
}

function projectedWithKeys(plan: Plan, projection: PlanJson, keys: number): Plan {
  const first = plan.types.length - keys
  const carried = plan.types.slice(first).map((type, at) => columnReference(first + at, type))
  return project(plan, [...expressionsOf(projection), ...carried])
}

function referenceTo(expression: ExpressionJson, index: number): ExpressionJson {
  return { ...expression, expression_class: 'BOUND_REF', type: 'BOUND_REF', index }
}
