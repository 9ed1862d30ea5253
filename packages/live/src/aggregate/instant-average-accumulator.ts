import { CELL, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import type { Accumulator, WeightedRows } from './accumulator.ts'
import { WholeSums } from './whole-sums.ts'

/**
 * The mean of instants or times of day in whole microseconds. DuckDB cuts it towards zero, and then adds
 * one where more than half is left over, which is never so of a negative sum.
 */
export class InstantAverageAccumulator implements Accumulator {
  readonly state: WholeSums = new WholeSums()

  add(slots: Int32Array, rows: WeightedRows): void {
    this.state.add(slots, rows)
  }

  results(slots: Int32Array, count: number): Lane {
    const builder = new VectorBuilder('integer', count)
    for (let at = 0; at < count; at += 1) {
      const slot = slots[at] as number
      const values = this.state.count(slot)
      if (values === 0) builder.pushCell(CELL.NULL)
      else builder.pushWhole(meanOf(BigInt(this.state.sum(slot)), BigInt(values)))
    }
    return laneOf(builder.finish())
  }
}

function meanOf(sum: bigint, count: bigint): bigint {
  const cut = sum / count
  return sum - cut * count > count / 2n ? cut + 1n : cut
}
