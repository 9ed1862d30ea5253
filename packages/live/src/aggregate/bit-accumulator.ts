/**
 * BIT_AND, BIT_OR and BIT_XOR of whole numbers in two's complement. A group counts how many of its
 * values have each bit, so that any value can go again.
 */
import { CELL, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import { type Accumulator, grownNumbers, putNumbers, takeNumbers, type WeightedRows, type GroupState } from './accumulator.ts'
import { CountAccumulator } from './count-accumulator.ts'
import type { LaneReader, LaneWriter } from '../spill/saved-lanes.ts'

export type BitFunction = 'bit_and' | 'bit_or' | 'bit_xor'

export interface WholeWidth {
  readonly bits: number
  readonly signed: boolean
}

const WORD_BITS = 32
/** Below it a word can be put behind a number and a double still holds both. */
const WORD_EXACT = 2 ** 20

export class BitAccumulator implements Accumulator, GroupState {
  readonly state: GroupState = this
  readonly #counts = new CountAccumulator()
  /** How many values have the bit, at `slot * width + bit`. */
  #bits: Float64Array = new Float64Array(0)
  readonly #wanted: BitFunction
  readonly #width: number
  readonly #signed: boolean

  constructor(wanted: BitFunction, { bits, signed }: WholeWidth) {
    this.#wanted = wanted
    this.#width = bits
    this.#signed = signed
  }

  reserve(capacity: number): void {
    this.#counts.reserve(capacity)
    this.#bits = grownNumbers(this.#bits, capacity * this.#width)
  }

  add(slots: Int32Array, rows: WeightedRows): void {
    this.#counts.add(slots, rows)
    const { values, nulls } = rows.lanes[0] as Lane
    for (let row = 0; row < rows.count; row += 1) {
      if (nulls !== null && nulls[row] === 1) continue
      this.#addValue(slots[row] as number, values[row] as number | bigint, rows.weights[row] as number)
    }
  }

  results(slots: Int32Array, count: number): Lane {
    const builder = new VectorBuilder('integer', count)
    for (let at = 0; at < count; at += 1) {
      const slot = slots[at] as number
      const values = this.#counts.count(slot)
      if (values === 0) builder.pushCell(CELL.NULL)
      else builder.pushWhole(this.#combined(slot, values))
    }
    return laneOf(builder.finish())
  }

  clear(slot: number): void {
    this.#counts.clear(slot)
    this.#bits.fill(0, slot * this.#width, (slot + 1) * this.#width)
  }

  get bytes(): number {
    return this.#counts.bytes + this.#bits.byteLength
  }

  save(slots: Int32Array, writer: LaneWriter): void {
    this.#counts.save(slots, writer)
    putNumbers(writer, this.#bits, this.#places(slots))
  }

  load(slots: Int32Array, reader: LaneReader): void {
    this.#counts.load(slots, reader)
    takeNumbers(reader, this.#bits, this.#places(slots))
  }

  #places(slots: Int32Array): Int32Array {
    const places = new Int32Array(slots.length * this.#width)
    for (let at = 0; at < places.length; at += 1) {
      places[at] = (slots[Math.floor(at / this.#width)] as number) * this.#width + (at % this.#width)
    }
    return places
  }

  #addValue(slot: number, value: number | bigint, weight: number): void {
    let rest: number | bigint = value
    for (let from = 0; from < this.#width; from += WORD_BITS) {
      const word = typeof rest === 'number' ? rest | 0 : Number(BigInt.asIntN(WORD_BITS, rest))
      this.#addWord(slot * this.#width + from, word, { bits: Math.min(WORD_BITS, this.#width - from), weight })
      rest = typeof rest === 'number' ? Math.floor(rest / 2 ** WORD_BITS) : rest >> BigInt(WORD_BITS)
    }
  }

  #addWord(from: number, word: number, { bits, weight }: { bits: number; weight: number }): void {
    const counts = this.#bits
    for (let bit = 0; bit < bits; bit += 1) {
      if (((word >>> bit) & 1) === 1) counts[from + bit] = (counts[from + bit] as number) + weight
    }
  }

  #combined(slot: number, values: number): number | bigint {
    let combined: number | bigint = this.#word(slot, values, this.#width - (this.#width % WORD_BITS || WORD_BITS))
    if (this.#signed)
      combined = this.#width < WORD_BITS ? (combined << (WORD_BITS - this.#width)) >> (WORD_BITS - this.#width) : combined | 0
    for (let from = this.#width - 2 * WORD_BITS; from >= 0; from -= WORD_BITS) {
      const word = this.#word(slot, values, from)
      if (typeof combined === 'number' && Math.abs(combined) < WORD_EXACT) combined = combined * 2 ** WORD_BITS + word
      else combined = (BigInt(combined) << BigInt(WORD_BITS)) | BigInt(word)
    }
    return combined
  }

  /** The bits of one word from its first, without a sign. */
  #word(slot: number, values: number, from: number): number {
    const first = slot * this.#width + from
    const bits = Math.min(WORD_BITS, this.#width - from)
    let word = 0
    for (let bit = 0; bit < bits; bit += 1) if (this.#isSet(this.#bits[first + bit] as number, values)) word |= 1 << bit
    return word >>> 0
  }

  #isSet(having: number, values: number): boolean {
    switch (this.#wanted) {
      case 'bit_and':
        return having === values
      case 'bit_or':
        return having > 0
      case 'bit_xor':
        return having % 2 !== 0
    }
  }
}
