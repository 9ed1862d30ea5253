/** HISTOGRAM: each value of a group with how often it is there, in order, as a map. */
import { CELL, innerText, listText, structText, type Type, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf, layoutOfExpression } from '@millrace/sql'
import type { Accumulator, WeightedRows } from './accumulator.ts'
import { GroupedBags } from './grouped-bags.ts'
import { elementText } from './list-text.ts'
import { partOf, type SortKeyValue } from './sort-order.ts'
import { type BagValue, bagValueOf } from './value-order.ts'

const NAMES = ['key', 'value']
const COUNT: Type = { kind: 'uint64' }

export interface HistogramRule {
  readonly key: Type
  /** Each different value counts once. */
  readonly distinct: boolean
}

export class HistogramAccumulator implements Accumulator {
  readonly state: GroupedBags
  readonly #layout: Lane['layout']
  readonly #keyText: (value: BagValue | null) => string

  constructor({ key, distinct }: HistogramRule) {
    this.#layout = layoutOfExpression(key)
    this.#keyText = elementText(key)
    this.state = new GroupedBags([{ lane: 0, layout: this.#layout, descending: false, nullsFirst: false }], { distinct })
  }

  add(slots: Int32Array, { count, lanes, weights }: WeightedRows): void {
    const { values, nulls } = lanes[0] as Lane
    for (let row = 0; row < count; row += 1) {
      if (nulls !== null && nulls[row] === 1) continue
      this.state.change(slots[row] as number, bagValueOf(this.#layout, values[row]), weights[row] as number)
    }
  }

  results(slots: Int32Array, count: number): Lane {
    const builder = new VectorBuilder('text', count)
    const entriesOf = (keys: readonly SortKeyValue[], counts: readonly number[]): readonly string[] =>
      keys.map((key, at) => structText(NAMES, [this.#keyText(partOf(key, 0)), innerText(COUNT, counts[at] as number)]))
    for (let at = 0; at < count; at += 1) {
      const slot = slots[at] as number
      if (this.state.count(slot) === 0) builder.pushCell(CELL.NULL)
      else builder.pushText(listText(this.state.summaries(slot, entriesOf).flat()))
    }
    return laneOf(builder.finish())
  }
}
