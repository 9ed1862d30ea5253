import type { ExpressionType } from '../duckdb-type.ts'

/** A column of the input, by its index. */
export interface ColumnReference {
  readonly kind: 'column'
  readonly type: ExpressionType
  readonly place: number | null
  readonly index: number
}

export function columnReference(index: number, type: ExpressionType, place: number | null = null): ColumnReference {
  return { kind: 'column', type, place, index }
}
