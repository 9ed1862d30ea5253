/** MEDIAN, QUANTILE_CONT, QUANTILE_DISC: the value at a place in the order of the group's values. */
import { type Layout, listText, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf, type QuantileFraction } from '@millrace/sql'
import type { Accumulator, WeightedRows } from './accumulator.ts'
import { GroupedBags } from './grouped-bags.ts'
import { continuousRank, discreteRank, type Interpolation } from './interpolation.ts'
import { partOf, pushValue } from './sort-order.ts'
import { type BagValue, bagValueOf } from './value-order.ts'

export interface QuantileRule {
  readonly layout: Layout
  readonly resultLayout: Layout
  readonly fractions: readonly QuantileFraction[]
  /** How a value stands in a list of quantiles; null where one alone is wanted. */
  readonly elementText: ((value: BagValue) => string) | null
  readonly descending: boolean
  /** Null where the quantile is one of the values. */
  readonly interpolation: Interpolation | null
  readonly distinct: boolean
}

export class QuantileAccumulator implements Accumulator {
  readonly state: GroupedBags
  readonly #rule: QuantileRule

  constructor(rule: QuantileRule) {
    const { layout, descending } = rule
    this.state = new GroupedBags([{ lane: 0, layout, descending, nullsFirst: false }], rule)
    this.#rule = rule
  }

  add(slots: Int32Array, { count, lanes, weights }: WeightedRows): void {
    const { values, nulls } = lanes[0] as Lane
    for (let row = 0; row < count; row += 1) {
      if (nulls !== null && nulls[row] === 1) continue
      this.state.change(slots[row] as number, bagValueOf(this.#rule.layout, values[row]), weights[row] as number)
    }
  }

  results(slots: Int32Array, count: number): Lane {
    const { resultLayout } = this.#rule
    const builder = new VectorBuilder(resultLayout, count)
    for (let at = 0; at < count; at += 1) {
      const slot = slots[at] as number
      const values = this.state.count(slot)
      pushValue(builder, resultLayout, values === 0 ? null : this.#result(slot, values))
    }
    return laneOf(builder.finish())
  }

  #result(slot: number, count: number): BagValue {
    const { fractions, elementText } = this.#rule
    if (elementText === null) return this.#quantile(slot, count, fractions[0] as QuantileFraction)
    return listText(fractions.map((fraction) => elementText(this.#quantile(slot, count, fraction))))
  }

  #quantile(slot: number, count: number, fraction: QuantileFraction): BagValue {
    const { interpolation } = this.#rule
    if (interpolation === null) return this.#at(slot, discreteRank(fraction, count))
    const { lower, upper, part } = continuousRank(fraction, count)
    const value = this.#at(slot, lower)
    return upper === lower ? interpolation.exact(value) : interpolation.between(value, this.#at(slot, upper), part)
  }

  #at(slot: number, rank: number): BagValue {
    return partOf(this.state.at(slot, rank), 0) as BagValue
  }
}
