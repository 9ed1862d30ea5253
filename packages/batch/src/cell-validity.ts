import duckdb, { type Vector as RawVector } from '@duckdb/node-bindings'
import { CELL } from '@millrace/core'
import { CHUNK_ROWS } from './chunk.ts'

/** Which rows are null, as DuckDB wants it: one bit a row, set where there is a value. */
export class CellValidity {
  readonly #bits = new Uint8Array(CHUNK_ROWS / 8).fill(255)
  #hasNull = false

  setNull(row: number): void {
    const byte = row >> 3
    this.#bits[byte] = (this.#bits[byte] as number) & ~(1 << (row & 7))
    this.#hasNull = true
  }

  copyCells(cells: Uint8Array, from: number, count: number, at: number): void {
    for (let row = 0; row < count; row += 1) if (cells[from + row] !== CELL.VALUE) this.setNull(at + row)
  }

  flush(vector: RawVector): void {
    if (!this.#hasNull) return
    duckdb.vector_ensure_validity_writable(vector)
    duckdb.copy_data_to_vector_validity(vector, 0, this.#bits.buffer, 0, this.#bits.byteLength)
    this.#bits.fill(255)
    this.#hasNull = false
  }
}
