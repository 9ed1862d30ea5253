import type { SortKey } from './plan/sort-key.ts'
import type { ExpressionJson } from './plan-json.ts'
import { readExpression } from './read-expression.ts'

export interface OrderJson {
  readonly type: string
  readonly null_order: string
  readonly expression: ExpressionJson
}

/** The binder has decided already where NULLs stand; a collation is a function of the expression. */
export function readSortKeys(orders: readonly OrderJson[]): readonly SortKey[] {
  return orders.map(({ type, null_order: nullOrder, expression }) => ({
    expression: readExpression(expression),
    descending: type === 'DESCENDING',
    nullsFirst: nullOrder === 'NULLS FIRST',
  }))
}
