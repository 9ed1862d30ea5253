import type { VectorBuilder } from '@millrace/core'
import type { Lane } from '@millrace/sql'
import { gatherValues } from '../zset/z-batch.ts'
import { type Accumulator, grownNumbers, putNumbers, takeNumbers, type WeightedRows, type GroupState } from './accumulator.ts'
import type { LaneReader, LaneWriter } from '../spill/saved-lanes.ts'

export class CountAccumulator implements Accumulator, GroupState {
  readonly state: GroupState = this
  #counts: Float64Array = new Float64Array(64)

  reserve(capacity: number): void {
    this.#counts = grownNumbers(this.#counts, capacity)
  }

  add(slots: Int32Array, { count, lanes, weights }: WeightedRows): void {
    const counts = this.#counts
    const nulls = lanes[0]?.nulls ?? null
    for (let row = 0; row < count; row += 1) {
      if (nulls !== null && nulls[row] === 1) continue
      const slot = slots[row] as number
      counts[slot] = (counts[slot] as number) + (weights[row] as number)
    }
  }

  change(slot: number, weight: number): void {
    this.#counts[slot] = (this.#counts[slot] as number) + weight
  }

  count(slot: number): number {
    return this.#counts[slot] as number
  }

  results(slots: Int32Array, count: number): Lane {
    return { layout: 'integer', values: gatherValues(this.#counts, slots, count), nulls: null }
  }

  tell(slot: number, into: VectorBuilder): void {
    into.pushNumber(this.#counts[slot] as number)
  }

  clear(slot: number): void {
    this.#counts[slot] = 0
  }

  get bytes(): number {
    return this.#counts.byteLength
  }

  save(slots: Int32Array, writer: LaneWriter): void {
    putNumbers(writer, this.#counts, slots)
  }

  load(slots: Int32Array, reader: LaneReader): void {
    takeNumbers(reader, this.#counts, slots)
  }
}
