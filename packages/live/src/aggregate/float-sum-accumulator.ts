import { CELL, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import type { Accumulator, WeightedRows, GroupState } from './accumulator.ts'
import { CountAccumulator } from './count-accumulator.ts'
import { FloatSums } from './float-sums.ts'
import type { LaneReader, LaneWriter } from '../spill/saved-lanes.ts'

/** The double nearest to the exact sum; an average is that divided by the count. */
export class FloatSumAccumulator implements Accumulator, GroupState {
  readonly state: GroupState = this
  readonly #sums = new FloatSums()
  readonly #counts = new CountAccumulator()
  readonly #isAverage: boolean

  constructor(wanted: 'sum' | 'avg') {
    this.#isAverage = wanted === 'avg'
  }

  reserve(capacity: number): void {
    this.#sums.reserve(capacity)
    this.#counts.reserve(capacity)
  }

  add(slots: Int32Array, rows: WeightedRows): void {
    this.#sums.addRows(slots, rows)
    this.#counts.add(slots, rows)
  }

  results(slots: Int32Array, count: number): Lane {
    const builder = new VectorBuilder('float', count)
    for (let at = 0; at < count; at += 1) {
      const slot = slots[at] as number
      const values = this.#counts.count(slot)
      if (values === 0) builder.pushCell(CELL.NULL)
      else builder.pushNumber(this.#isAverage ? this.#sums.nearest(slot) / values : this.#sums.nearest(slot))
    }
    return laneOf(builder.finish())
  }

  clear(slot: number): void {
    this.#sums.clear(slot)
    this.#counts.clear(slot)
  }

  get bytes(): number {
    return this.#sums.bytes + this.#counts.bytes
  }

  save(slots: Int32Array, writer: LaneWriter): void {
    this.#sums.save(slots, writer)
    this.#counts.save(slots, writer)
  }

  load(slots: Int32Array, reader: LaneReader): void {
    this.#sums.load(slots, reader)
    this.#counts.load(slots, reader)
  }
}
