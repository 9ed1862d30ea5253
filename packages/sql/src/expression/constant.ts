import type { Value } from '@millrace/core'
import type { ExpressionType } from '../duckdb-type.ts'

export interface Constant {
  readonly kind: 'constant'
  readonly type: ExpressionType
  readonly place: number | null
  readonly value: Value
}

export function constant(value: Value, type: ExpressionType, place: number | null = null): Constant {
  return { kind: 'constant', type, place, value }
}
