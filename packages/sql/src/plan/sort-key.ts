import type { Expression } from '../expression/expression.ts'

/** One expression of an ORDER BY. */
export interface SortKey {
  readonly expression: Expression
  readonly descending: boolean
  readonly nullsFirst: boolean
}
