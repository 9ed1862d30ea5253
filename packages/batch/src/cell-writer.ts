/**
 * Writes the cells of one column into DuckDB's vectors, a chunk at a time. Values are kept in a buffer of
 * the chunk's size until `flush`, because one copy per column is what makes loading fast.
 *
 * A value that its type cannot hold is a defect of whoever wrote the stream: it stops the load, since a
 * wrapped number would make a proof lie.
 */
import duckdb, { type Vector as RawVector } from '@duckdb/node-bindings'
import { assert } from '@millrace/base'
import { CELL, type Vector } from '@millrace/core'
import type { Carrier } from './carrier.ts'

export const CHUNK_ROWS = 2048

export interface CellWriter {
  /** Copies `count` cells from row `from` of the vector to row `at` of the chunk. */
  write(vector: Vector, from: number, count: number, at: number): void
  /** Names the vector of the chunk that comes. */
  begin(vector: RawVector): void
  /** Moves what was written into it and forgets it. */
  flush(count: number): void
}

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

type Copy = (vector: Vector, from: number, count: number, at: number) => void

/** Which rows are null, as DuckDB wants it: one bit a row, set where there is a value. */
class Validity {
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

class FixedWriter implements CellWriter {
  readonly #width: number
  readonly #buffer: ArrayBuffer
  readonly #copy: Copy
  readonly #validity = new Validity()
  #vector: RawVector | null = null

  constructor(width: number, copyInto: (buffer: ArrayBuffer) => Copy) {
    this.#width = width
    this.#buffer = new ArrayBuffer(CHUNK_ROWS * width)
    this.#copy = copyInto(this.#buffer)
  }

  begin(vector: RawVector): void {
    this.#vector = vector
  }

  write(vector: Vector, from: number, count: number, at: number): void {
    this.#copy(vector, from, count, at)
    if (vector.cells !== null) this.#validity.copyCells(vector.cells, from, count, at)
  }

  flush(count: number): void {
    assert(this.#vector !== null, 'a chunk was begun')
    duckdb.copy_data_to_vector(this.#vector, 0, this.#buffer, 0, count * this.#width)
    this.#validity.flush(this.#vector)
  }
}

/** DuckDB keeps a text of up to this many bytes within its 16-byte cell, after the length. */
const INLINE_BYTES = 12
const LIST_CELL_BYTES = 16

/**
 * Texts and bytes. Short plain texts, most of all texts, are written as their cells, which is four times
 * as fast as a call for each; the others wait until the cells are in place. An untouched cell is an
 * empty text, so a null needs nothing.
 */
class ListWriter implements CellWriter {
  readonly #cells = new Uint8Array(CHUNK_ROWS * LIST_CELL_BYTES)
  readonly #lengths = new Int32Array(this.#cells.buffer)
  readonly #validity = new Validity()
  readonly #waitingRows: number[] = []
  readonly #waiting: (string | Uint8Array)[] = []
  #vector: RawVector | null = null

  begin(vector: RawVector): void {
    this.#vector = vector
  }

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

  flush(count: number): void {
    const vector = this.#vector
    assert(vector !== null, 'a chunk was begun')
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

type FloatingArray = Float64ArrayConstructor | Float32ArrayConstructor | Uint8ArrayConstructor

function typed(constructor: FloatingArray): (buffer: ArrayBuffer) => Copy {
  return (buffer) => {
    const target = new constructor(buffer)
    return (vector, from, count, at) => {
      assert(vector.layout === 'float' || vector.layout === 'boolean', 'the column has the layout of its type')
      target.set(vector.values.subarray(from, from + count), at)
    }
  }
}

type WholeArray =
  | Int8ArrayConstructor
  | Uint8ArrayConstructor
  | Int16ArrayConstructor
  | Uint16ArrayConstructor
  | Int32ArrayConstructor
  | Uint32ArrayConstructor

function narrow(constructor: WholeArray, limit: bigint | null): (buffer: ArrayBuffer) => Copy {
  const most = limit === null ? Infinity : Number(limit)
  return (buffer) => {
    const target = new constructor(buffer)
    return (vector, from, count, at) => {
      if (vector.layout === 'wide') return copyWide(vector.values, from, count, (row, value) => put(at + row, Number(value)))
      assert(vector.layout === 'integer', 'the column has the layout of its type')
      for (let row = 0; row < count; row += 1) put(at + row, vector.values[from + row] as number)
    }
    function put(row: number, value: number): void {
      target[row] = value
      // The comparison treats -0 as 0, which the conversion made of it.
      if (target[row] !== value || value > most || value < -most) outOfRange()
    }
  }
}

const TWO_32 = 4_294_967_296

function words64(limit: bigint | null, signed: boolean): (buffer: ArrayBuffer) => Copy {
  const most = limit === null ? Infinity : Number(limit)
  const least = signed ? -most : 0
  return (buffer) => {
    const words = new Int32Array(buffer)
    const wide = signed ? new BigInt64Array(buffer) : new BigUint64Array(buffer)
    return (vector, from, count, at) => {
      if (vector.layout === 'wide') {
        return copyWide(vector.values, from, count, (row, value) => {
          wide[at + row] = value
          if (wide[at + row] !== value || (limit !== null && (value > limit || value < -limit))) outOfRange()
        })
      }
      assert(vector.layout === 'integer', 'the column has the layout of its type')
      for (let row = 0; row < count; row += 1) {
        const value = vector.values[from + row] as number
        if (value > most || value < least) outOfRange()
        const high = Math.floor(value / TWO_32)
        words[2 * (at + row)] = value - high * TWO_32
        words[2 * (at + row) + 1] = high
      }
    }
  }
}

function words128(limit: bigint | null): (buffer: ArrayBuffer) => Copy {
  const most = limit === null ? Infinity : Number(limit)
  return (buffer) => {
    const words = new Int32Array(buffer)
    const low = new BigUint64Array(buffer)
    const high = new BigInt64Array(buffer)
    return (vector, from, count, at) => {
      if (vector.layout === 'wide') {
        return copyWide(vector.values, from, count, (row, value) => {
          if (BigInt.asIntN(128, value) !== value || (limit !== null && (value > limit || value < -limit))) outOfRange()
          low[2 * (at + row)] = value
          high[2 * (at + row) + 1] = value >> 64n
        })
      }
      assert(vector.layout === 'integer', 'the column has the layout of its type')
      for (let row = 0; row < count; row += 1) {
        const value = vector.values[from + row] as number
        if (value > most || value < -most) outOfRange()
        const second = Math.floor(value / TWO_32)
        const start = 4 * (at + row)
        words[start] = value - second * TWO_32
        words[start + 1] = second
        words[start + 2] = second >> 31
        words[start + 3] = second >> 31
      }
    }
  }
}

function copyWide(values: readonly bigint[], from: number, count: number, put: (row: number, value: bigint) => void): void {
  for (let row = 0; row < count; row += 1) put(row, values[from + row] as bigint)
}

function outOfRange(): never {
  assert(false, 'a value of the stream fits its declared type')
}
