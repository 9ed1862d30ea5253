import { CELL, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import type { Accumulator, WeightedRows } from './accumulator.ts'
import { averageOf, type AverageRule } from './average.ts'
import { WholeSums } from './whole-sums.ts'

export class AverageAccumulator implements Accumulator {
  readonly state: WholeSums = new WholeSums()
  readonly #rule: AverageRule

  constructor(rule: AverageRule) {
    this.#rule = rule
  }

  add(slots: Int32Array, rows: WeightedRows): void {
    this.state.add(slots, rows)
  }

  results(slots: Int32Array, count: number): Lane {
    const builder = new VectorBuilder('float', count)
    for (let at = 0; at < count; at += 1) this.tell(slots[at] as number, builder)
    return laneOf(builder.finish())
  }

  tell(slot: number, into: VectorBuilder): void {
    const values = this.state.count(slot)
    if (values === 0) into.pushCell(CELL.NULL)
    else into.pushNumber(averageOf(this.state.sum(slot), values, this.#rule))
  }
}
