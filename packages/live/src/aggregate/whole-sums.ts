/**
 * Exact sums of whole numbers and decimals with the count of their values, by slot. A sum is a double
 * while that is exact and a bigint beyond, so that a retraction undoes its row to the last digit.
 */
import { wholeNumber } from '@millrace/core'
import type { Lane } from '@millrace/sql'
import type { LaneReader, LaneWriter } from '../spill/saved-lanes.ts'
import { grownNumbers, putNumbers, takeNumbers, type WeightedRows } from './accumulator.ts'
import { putWide, takeWide, wideBytes } from './wide-numbers.ts'

const SAFE = Number.MAX_SAFE_INTEGER

export class WholeSums {
  #sums: Float64Array = new Float64Array(64)
  /** The sums beyond 2^53; their place in `#sums` holds NaN. */
  readonly #wide = new Map<number, bigint>()
  #counts: Float64Array = new Float64Array(64)

  reserve(capacity: number): void {
    this.#sums = grownNumbers(this.#sums, capacity)
    this.#counts = grownNumbers(this.#counts, capacity)
  }

  add(slots: Int32Array, { count, lanes, weights }: WeightedRows): void {
    const { values, nulls } = lanes[0] as Lane
    const sums = this.#sums
    const counts = this.#counts
    for (let row = 0; row < count; row += 1) {
      if (nulls !== null && nulls[row] === 1) continue
      const slot = slots[row] as number
      const weight = weights[row] as number
      const value = values[row] as number | bigint
      counts[slot] = (counts[slot] as number) + weight
      const sum = typeof value === 'number' ? (sums[slot] as number) + value * weight : Number.NaN
      if (sum <= SAFE && sum >= -SAFE) sums[slot] = sum
      else this.#addExact(slot, BigInt(value) * BigInt(weight))
    }
  }

  count(slot: number): number {
    return this.#counts[slot] as number
  }

  sum(slot: number): number | bigint {
    const sum = this.#sums[slot] as number
    return sum === sum ? sum : (this.#wide.get(slot) as bigint)
  }

  clear(slot: number): void {
    this.#sums[slot] = 0
    this.#counts[slot] = 0
    this.#wide.delete(slot)
  }

  get bytes(): number {
    return this.#sums.byteLength + this.#counts.byteLength + wideBytes(this.#wide)
  }

  save(slots: Int32Array, writer: LaneWriter): void {
    putNumbers(writer, this.#sums, slots)
    putNumbers(writer, this.#counts, slots)
    putWide(writer, this.#wide, slots)
  }

  load(slots: Int32Array, reader: LaneReader): void {
    takeNumbers(reader, this.#sums, slots)
    takeNumbers(reader, this.#counts, slots)
    takeWide(reader, this.#wide, slots)
  }

  #addExact(slot: number, part: bigint): void {
    const sum = wholeNumber(BigInt(this.sum(slot)) + part)
    if (typeof sum === 'number') {
      this.#sums[slot] = sum
      this.#wide.delete(slot)
      return
    }
    this.#sums[slot] = Number.NaN
    this.#wide.set(slot, sum)
  }
}
