import type { Value } from '@millrace/core'
import type { ExpressionType } from '../duckdb-type.ts'

/** Months, days and microseconds stay apart: a month has no fixed length. */
export interface Interval {
  readonly months: number
  readonly days: number
  readonly micros: number
}

export interface Constant {
  readonly kind: 'constant'
  readonly type: ExpressionType
  readonly place: number | null
  readonly value: Value | Interval
}

export function constant(value: Value | Interval, type: ExpressionType, place: number | null = null): Constant {
  return { kind: 'constant', type, place, value }
}
