/** MODE: the value that a group has most often; of several such the one that the order puts first. */
import { type Layout, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import type { Accumulator, WeightedRows } from './accumulator.ts'
import { type Compare, OrderedBag } from './ordered-bag.ts'
import { compareValues, pushValue } from './sort-order.ts'
import { type BagValue, bagValueOf } from './value-order.ts'

interface Ranked {
  readonly value: BagValue
  readonly times: number
}

interface Ranking {
  readonly times: Map<BagValue, number>
  readonly ranked: OrderedBag<Ranked>
}

export interface ModeRule {
  readonly layout: Layout
  /** Of values that are there equally often the greatest is taken. */
  readonly descending: boolean
  /** Each different value counts once. */
  readonly distinct: boolean
}

export class ModeAccumulator implements Accumulator {
  readonly #rankings: (Ranking | undefined)[] = []
  readonly #layout: Layout
  readonly #distinct: boolean
  readonly #compare: Compare<Ranked>

  constructor({ layout, descending, distinct }: ModeRule) {
    this.#layout = layout
    this.#distinct = distinct
    const compare = compareValues(layout)
    this.#compare = (left, right) =>
      right.times - left.times || (descending ? compare(right.value, left.value) : compare(left.value, right.value))
  }

  reserve(capacity: number): void {
    while (this.#rankings.length < capacity) this.#rankings.push(undefined)
  }

  add(slots: Int32Array, { count, lanes, weights }: WeightedRows): void {
    const { values, nulls } = lanes[0] as Lane
    for (let row = 0; row < count; row += 1) {
      if (nulls !== null && nulls[row] === 1) continue
      const weight = weights[row] as number
      if (weight !== 0) this.#change(slots[row] as number, bagValueOf(this.#layout, values[row]), weight)
    }
  }

  results(slots: Int32Array, count: number): Lane {
    const builder = new VectorBuilder(this.#layout, count)
    for (let at = 0; at < count; at += 1) {
      const ranked = this.#rankings[slots[at] as number]?.ranked
      pushValue(builder, this.#layout, ranked === undefined || ranked.count === 0 ? null : ranked.at(0).value)
    }
    return laneOf(builder.finish())
  }

  clear(slot: number): void {
    this.#rankings[slot] = undefined
  }

  #change(slot: number, value: BagValue, weight: number): void {
    const { times, ranked } = (this.#rankings[slot] ??= { times: new Map(), ranked: new OrderedBag(this.#compare, false) })
    const before = times.get(value) ?? 0
    const after = before + weight
    if (after === 0) times.delete(value)
    else times.set(value, after)
    const [old, now] = [this.#counted(value, before), this.#counted(value, after)]
    if (old === now) return
    if (old > 0) ranked.change({ value, times: old }, -1)
    if (now > 0) ranked.change({ value, times: now }, 1)
  }

  /** Every NaN counts by itself, as in DuckDB. */
  #counted(value: BagValue, times: number): number {
    return this.#distinct || value !== value ? Math.min(times, 1) : times
  }
}
