/**
 * Copies cells of fixed width into a buffer that DuckDB takes as it is.
 *
 * A value that its type cannot hold is a defect of whoever wrote the stream: it stops the load, since a
 * wrapped number would make a proof lie.
 */
import { assert } from '@millrace/base'
import type { Vector } from '@millrace/core'

/** Copies `count` cells from row `from` of the vector to row `at` of the chunk. */
export type Copy = (vector: Vector, from: number, count: number, at: number) => void

type FloatingArray = Float64ArrayConstructor | Float32ArrayConstructor | Uint8ArrayConstructor

export function typed(constructor: FloatingArray): (buffer: ArrayBuffer) => Copy {
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

export function narrow(constructor: WholeArray, limit: bigint | null): (buffer: ArrayBuffer) => Copy {
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

export function words64(limit: bigint | null, signed: boolean): (buffer: ArrayBuffer) => Copy {
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

export function words128(limit: bigint | null): (buffer: ArrayBuffer) => Copy {
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
