/**
 * Writes the cells of one column into DuckDB's vectors, a chunk at a time. Values are kept in a buffer of
 * the chunk's size until `flush`, because one copy per column is what makes loading fast.
 */
import duckdb, { type Vector as RawVector } from '@duckdb/node-bindings'
import type { Vector } from '@millrace/core'
import type { Carrier } from './carrier.ts'
import { CellValidity } from './cell-validity.ts'
import { type CellWriter, CHUNK_ROWS } from './chunk.ts'
import { type Copy, narrow, typed, words128, words64 } from './copy-cells.ts'
import { ListWriter } from './list-writer.ts'

export function cellWriter(carrier: Carrier): CellWriter {
  switch (carrier.lies) {
    case 'text':
    case 'bytes':
      return new ListWriter()
    case 'words64':
      return new FixedWriter(8, words64(carrier.limit, carrier.signed))
    case 'words128':
      return new FixedWriter(16, words128(carrier.limit))
    case 'float64':
      return new FixedWriter(8, typed(Float64Array))
    case 'float32':
      return new FixedWriter(4, typed(Float32Array))
    case 'boolean':
      return new FixedWriter(1, typed(Uint8Array))
    case 'int8':
      return new FixedWriter(1, narrow(Int8Array, null))
    case 'uint8':
      return new FixedWriter(1, narrow(Uint8Array, null))
    case 'int16':
      return new FixedWriter(2, narrow(Int16Array, carrier.limit))
    case 'uint16':
      return new FixedWriter(2, narrow(Uint16Array, null))
    case 'int32':
      return new FixedWriter(4, narrow(Int32Array, carrier.limit))
    case 'uint32':
      return new FixedWriter(4, narrow(Uint32Array, null))
  }
}

class FixedWriter implements CellWriter {
  readonly #width: number
  readonly #buffer: ArrayBuffer
  readonly #copy: Copy
  readonly #validity = new CellValidity()

  constructor(width: number, copyInto: (buffer: ArrayBuffer) => Copy) {
    this.#width = width
    this.#buffer = new ArrayBuffer(CHUNK_ROWS * width)
    this.#copy = copyInto(this.#buffer)
  }

  write(vector: Vector, from: number, count: number, at: number): void {
    this.#copy(vector, from, count, at)
    if (vector.cells !== null) this.#validity.copyCells(vector.cells, from, count, at)
  }

  flush(vector: RawVector, count: number): void {
    duckdb.copy_data_to_vector(vector, 0, this.#buffer, 0, count * this.#width)
    this.#validity.flush(vector)
  }
}
