import { VectorBuilder, CELL } from '@millrace/core'
import { EvaluationFailure, type Lane, laneOf } from '@millrace/sql'
import type { Accumulator, WeightedRows } from './accumulator.ts'
import { WholeSums } from './whole-sums.ts'

/** What the sum's type can hold. */
export interface SumLimit {
  readonly min: bigint
  readonly max: bigint
  readonly place: number | null
}

export class SumAccumulator implements Accumulator {
  readonly state: WholeSums = new WholeSums()
  readonly #limit: SumLimit

  constructor(limit: SumLimit) {
    this.#limit = limit
  }

  add(slots: Int32Array, rows: WeightedRows): void {
    this.state.add(slots, rows)
  }

  results(slots: Int32Array, count: number): Lane {
    const builder = new VectorBuilder('integer', count)
    for (let at = 0; at < count; at += 1) this.tell(slots[at] as number, builder)
    return laneOf(builder.finish())
  }

  tell(slot: number, into: VectorBuilder): void {
    if (this.state.count(slot) === 0) into.pushCell(CELL.NULL)
    else into.pushWhole(this.#checked(this.state.sum(slot)))
  }

  #checked(sum: number | bigint): number | bigint {
    if (typeof sum === 'bigint' && (sum > this.#limit.max || sum < this.#limit.min)) {
      throw new EvaluationFailure('a sum is out of the range of its type', this.#limit.place ?? -1)
    }
    return sum
  }
}
