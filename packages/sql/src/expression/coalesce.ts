import type { ExpressionType } from '../duckdb-type.ts'
import type { Expression } from './expression.ts'

/** The first input that is not NULL. */
export interface Coalesce {
  readonly kind: 'coalesce'
  readonly type: ExpressionType
  readonly place: number | null
  readonly inputs: readonly Expression[]
}

export function coalesce(inputs: readonly Expression[], type: ExpressionType, place: number | null): Coalesce {
  return { kind: 'coalesce', type, place, inputs }
}
