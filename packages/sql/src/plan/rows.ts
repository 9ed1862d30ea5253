import type { ExpressionType } from '../duckdb-type.ts'
import type { Expression } from '../expression/expression.ts'

/** Rows that are written in the SQL itself: VALUES, or the one empty row of a SELECT without FROM. */
export interface Rows {
  readonly kind: 'rows'
  readonly types: readonly ExpressionType[]
  /** Expressions without columns. */
  readonly rows: readonly (readonly Expression[])[]
}

export function rows(written: readonly (readonly Expression[])[], types: readonly ExpressionType[]): Rows {
  return { kind: 'rows', types, rows: written }
}
