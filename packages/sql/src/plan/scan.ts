import type { Watermark } from '@millrace/core'
import type { ExpressionType } from '../duckdb-type.ts'

/** Reads a stream or a model; only the named columns. */
export interface Scan {
  readonly kind: 'scan'
  readonly types: readonly ExpressionType[]
  /** The stream's or model's name. */
  readonly relation: string
  /** Per output column its name in the relation; null for a column that nothing reads. */
  readonly columns: readonly (string | null)[]
  /** The names of the relation's key columns, read or not; none where it has no key. */
  readonly key: readonly string[]
  /** What of the relation's changes is late and so not read; never there for most. */
  readonly watermark?: Watermark
}

export interface ScannedRelation {
  readonly name: string
  readonly key: readonly string[]
  readonly watermark?: Watermark
}

export function scan(
  { name, key, watermark }: ScannedRelation,
  columns: readonly (string | null)[],
  types: readonly ExpressionType[],
): Scan {
  return { kind: 'scan', types, relation: name, columns, key, ...(watermark === undefined ? {} : { watermark }) }
}
