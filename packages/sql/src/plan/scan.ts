import type { ExpressionType } from '../duckdb-type.ts'

/** Reads a stream or a model; only the named columns. */
export interface Scan {
  readonly kind: 'scan'
  readonly types: readonly ExpressionType[]
  /** The stream's or model's name. */
  readonly relation: string
  /** Per output column its name in the relation; null for a column that nothing reads. */
  readonly columns: readonly (string | null)[]
}

export function scan(relation: string, columns: readonly (string | null)[], types: readonly ExpressionType[]): Scan {
  return { kind: 'scan', types, relation, columns }
}
