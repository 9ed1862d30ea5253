import { CELL, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import type { Accumulator, WeightedRows } from './accumulator.ts'
import { WholeSums } from './whole-sums.ts'

/** BOOL_AND: none of the values is false. BOOL_OR: one is true. */
export class TruthAccumulator implements Accumulator {
  /** The sum of truth values is how many are true. */
  readonly state: WholeSums = new WholeSums()
  readonly #wanted: 'bool_and' | 'bool_or'

  constructor(wanted: 'bool_and' | 'bool_or') {
    this.#wanted = wanted
  }

  add(slots: Int32Array, rows: WeightedRows): void {
    this.state.add(slots, rows)
  }

  results(slots: Int32Array, count: number): Lane {
    const builder = new VectorBuilder('boolean', count)
    for (let at = 0; at < count; at += 1) {
      const slot = slots[at] as number
      const values = this.state.count(slot)
      const trueValues = this.state.sum(slot) as number
      if (values === 0) builder.pushCell(CELL.NULL)
      else builder.pushBoolean(this.#wanted === 'bool_and' ? trueValues === values : trueValues > 0)
    }
    return laneOf(builder.finish())
  }
}
