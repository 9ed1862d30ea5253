import type { Vector as RawVector } from '@duckdb/node-bindings'
import type { Vector } from '@millrace/core'

/** How many rows DuckDB moves at once. */
export const CHUNK_ROWS = 2048

export interface CellWriter {
  /** Copies `count` cells from row `from` of the vector to row `at` of the chunk. */
  write(vector: Vector, from: number, count: number, at: number): void
  /** Moves what was written into DuckDB's vector, and forgets it. */
  flush(vector: RawVector, count: number): void
}
