import { CELL, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import type { Accumulator, WeightedRows } from './accumulator.ts'
import { WholeSums } from './whole-sums.ts'
import type { LaneReader, LaneWriter } from '../spill/saved-lanes.ts'

/** BOOL_AND: none of the values is false. BOOL_OR: one is true. */
export class TruthAccumulator implements Accumulator {
  /** The sum of truth values is how many are true. */
  readonly #sums = new WholeSums()
  readonly #wanted: 'bool_and' | 'bool_or'

  constructor(wanted: 'bool_and' | 'bool_or') {
    this.#wanted = wanted
  }

  reserve(capacity: number): void {
    this.#sums.reserve(capacity)
  }

  add(slots: Int32Array, rows: WeightedRows): void {
    this.#sums.add(slots, rows)
  }

  results(slots: Int32Array, count: number): Lane {
    const builder = new VectorBuilder('boolean', count)
    for (let at = 0; at < count; at += 1) {
      const slot = slots[at] as number
      const values = this.#sums.count(slot)
      const trueValues = this.#sums.sum(slot) as number
      if (values === 0) builder.pushCell(CELL.NULL)
      else builder.pushBoolean(this.#wanted === 'bool_and' ? trueValues === values : trueValues > 0)
    }
    return laneOf(builder.finish())
  }

  clear(slot: number): void {
    this.#sums.clear(slot)
  }

  get bytes(): number {
    return this.#sums.bytes
  }

  save(slots: Int32Array, writer: LaneWriter): void {
    this.#sums.save(slots, writer)
  }

  load(slots: Int32Array, reader: LaneReader): void {
    this.#sums.load(slots, reader)
  }
}
