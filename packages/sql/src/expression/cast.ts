import type { ExpressionType } from '../duckdb-type.ts'
import type { Expression } from './expression.ts'

export interface Cast {
  readonly kind: 'cast'
  readonly type: ExpressionType
  readonly place: number | null
  readonly input: Expression
  /** TRY_CAST: NULL instead of an error. */
  readonly lenient: boolean
}

export function cast(input: Expression, type: ExpressionType, options: { lenient: boolean; place: number | null }): Cast {
  return { kind: 'cast', type, place: options.place, input, lenient: options.lenient }
}
