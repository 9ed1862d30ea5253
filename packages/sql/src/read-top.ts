/** LIMIT and DISTINCT ON: the first rows of an order. */
import type { Plan } from './plan/plan.ts'
import { project } from './plan/project.ts'
import type { SortKey } from './plan/sort-key.ts'
import { top } from './plan/top.ts'
import { expressionsOf, onlyChild, type PlanContext } from './plan-context.ts'
import type { ExpressionJson, PlanJson } from './plan-json.ts'
import { readExpression } from './read-expression.ts'
import { type OrderJson, readSortKeys } from './read-sort-keys.ts'
import { Unsupported } from './sql-error.ts'

interface LimitJson {
  readonly type: string
  readonly constant_integer: number | bigint
}

export function readLimit(json: PlanJson, context: PlanContext): Plan {
  const count = limitOf(json['limit_val'] as LimitJson, 'LIMIT')
  const offset = limitOf(json['offset_val'] as LimitJson, 'OFFSET') ?? 0
  const [child] = json.children
  if (child === undefined) throw new Unsupported('LIMIT', null)
  return readFirst(child, context, { count, offset })
}

interface Limits {
  readonly count: number | null
  readonly offset: number
}

/** The ORDER BY may stand below projections, as of a subquery that is ordered. */
function readFirst(json: PlanJson, context: PlanContext, limits: Limits): Plan {
  const [child] = json.children
  if (json.type === 'LOGICAL_PROJECTION' && child !== undefined && isOrdered(child)) {
    return project(readFirst(child, context, limits), expressionsOf(json))
  }
  if (json.type === 'LOGICAL_ORDER_BY')
    return firstOf(onlyChild(json, context), readSortKeys(json['orders'] as readonly OrderJson[]), limits)
  return firstOf(context.read(json, context), [], limits)
}

function isOrdered(json: PlanJson): boolean {
  const [child] = json.children
  return json.type === 'LOGICAL_ORDER_BY' || (json.type === 'LOGICAL_PROJECTION' && child !== undefined && isOrdered(child))
}

function firstOf(input: Plan, order: readonly SortKey[], limits: Limits): Plan {
  return top(input, { partitions: [], order, counting: 'row_number', ...limits, numbered: false })
}

function limitOf({ type, constant_integer: value }: LimitJson, name: 'LIMIT' | 'OFFSET'): number | null {
  switch (type) {
    case 'UNSET':
      return null
    case 'CONSTANT_VALUE':
      return Number(value)
    case 'CONSTANT_PERCENTAGE':
    case 'EXPRESSION_PERCENTAGE':
      throw new Unsupported('LIMIT by percent', null, 'Write a number of rows, or compare percent_rank() in QUALIFY.')
    default:
      throw new Unsupported(`${name} of an expression`, null, 'Write the number itself, or compare row_number() in QUALIFY.')
  }
}

/** One row of each key: the first in the order. */
export function readDistinctOn(json: PlanJson, context: PlanContext): Plan {
  const partitions = (json['distinct_targets'] as readonly ExpressionJson[]).map(readExpression)
  const order = readSortKeys((json['order_by'] as { readonly orders: readonly OrderJson[] } | null | undefined)?.orders ?? [])
  return top(onlyChild(json, context), { partitions, order, counting: 'row_number', offset: 0, count: 1, numbered: false })
}
