import { VectorBuilder, CELL } from '@millrace/core'
import { EvaluationFailure, type Lane, laneOf } from '@millrace/sql'
import type { Accumulator, WeightedRows } from './accumulator.ts'
import { WholeSums } from './whole-sums.ts'
import type { LaneReader, LaneWriter } from '../spill/saved-lanes.ts'

/** What the sum's type can hold. */
export interface SumLimit {
  readonly max: bigint
  readonly place: number | null
}

export class SumAccumulator implements Accumulator {
  readonly #sums = new WholeSums()
  readonly #limit: SumLimit

  constructor(limit: SumLimit) {
    this.#limit = limit
  }

  reserve(capacity: number): void {
    this.#sums.reserve(capacity)
  }

  add(slots: Int32Array, rows: WeightedRows): void {
    this.#sums.add(slots, rows)
  }

  results(slots: Int32Array, count: number): Lane {
    const builder = new VectorBuilder('integer', count)
    for (let at = 0; at < count; at += 1) this.tell(slots[at] as number, builder)
    return laneOf(builder.finish())
  }

  tell(slot: number, into: VectorBuilder): void {
    if (this.#sums.count(slot) === 0) into.pushCell(CELL.NULL)
    else into.pushWhole(this.#checked(this.#sums.sum(slot)))
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

  #checked(sum: number | bigint): number | bigint {
    if (typeof sum === 'bigint' && (sum > this.#limit.max || sum < -this.#limit.max)) {
      throw new EvaluationFailure('a sum is out of the range of its type', this.#limit.place ?? -1)
    }
    return sum
  }
}
