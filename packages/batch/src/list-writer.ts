import duckdb, { type Vector as RawVector } from '@duckdb/node-bindings'
import { assert } from '@millrace/base'
import { CELL, type Vector } from '@millrace/core'
import { CellValidity } from './cell-validity.ts'
import { type CellWriter, CHUNK_ROWS } from './chunk.ts'

/** DuckDB keeps a text of up to this many bytes within its 16-byte cell, after the length. */
const INLINE_BYTES = 12
const LIST_CELL_BYTES = 16

/**
 * Texts and bytes. Short plain texts, most of all texts, are written as their cells, which is four times
 * as fast as a call for each; the others wait until the cells are in place. An untouched cell is an
 * empty text, so a null needs nothing.
 */
export class ListWriter implements CellWriter {
  readonly #cells = new Uint8Array(CHUNK_ROWS * LIST_CELL_BYTES)
  readonly #lengths = new Int32Array(this.#cells.buffer)
  readonly #validity = new CellValidity()
  readonly #waitingRows: number[] = []
  readonly #waiting: (string | Uint8Array)[] = []

  write(vector: Vector, from: number, count: number, at: number): void {
    assert(vector.layout === 'text' || vector.layout === 'bytes', 'texts and bytes are lists')
    const { values, cells } = vector
    for (let row = 0; row < count; row += 1) {
      if (cells !== null && cells[from + row] !== CELL.VALUE) continue
      const value = values[from + row] as string | Uint8Array
      if (typeof value === 'string' && this.#writeInline(value, at + row)) continue
      this.#waitingRows.push(at + row)
      this.#waiting.push(value)
    }
    if (cells !== null) this.#validity.copyCells(cells, from, count, at)
  }

  flush(vector: RawVector, count: number): void {
    duckdb.copy_data_to_vector(vector, 0, this.#cells.buffer, 0, count * LIST_CELL_BYTES)
    for (const [at, row] of this.#waitingRows.entries()) assignLong(vector, row, this.#waiting[at] as string | Uint8Array)
    this.#validity.flush(vector)
    this.#cells.fill(0)
    this.#waitingRows.length = 0
    this.#waiting.length = 0
  }

  #writeInline(text: string, row: number): boolean {
    const { length } = text
    if (length > INLINE_BYTES) return false
    const start = row * LIST_CELL_BYTES + 4
    let all = 0
    for (let at = 0; at < length; at += 1) {
      const code = text.charCodeAt(at)
      all |= code
      this.#cells[start + at] = code
    }
    if (all < 128) this.#lengths[row * 4] = length
    else this.#cells.fill(0, start, start + INLINE_BYTES)
    return all < 128
  }
}

/** The plain call ends a text at its first NUL. */
function assignLong(vector: RawVector, row: number, value: string | Uint8Array): void {
  if (typeof value !== 'string') duckdb.vector_assign_string_element_len(vector, row, value)
  else if (value.includes('\0')) duckdb.vector_assign_string_element_len(vector, row, Buffer.from(value))
  else duckdb.vector_assign_string_element(vector, row, value)
}
