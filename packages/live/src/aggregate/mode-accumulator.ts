/** MODE: the value that a group has most often; of several such the one that the order puts first. */
import { type Layout, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import type { LaneReader, LaneWriter } from '../spill/saved-lanes.ts'
import type { Accumulator, WeightedRows, GroupState } from './accumulator.ts'
import { type Compare, OrderedBag } from './ordered-bag.ts'
import { putValues, takeValues, valueBytes } from './saved-values.ts'
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

/** What V8 takes for a ranking without values. */
const RANKING_BYTES = 500

export interface ModeRule {
  readonly layout: Layout
  /** Of values that are there equally often the greatest is taken. */
  readonly descending: boolean
  /** Each different value counts once. */
  readonly distinct: boolean
}

export class ModeAccumulator implements Accumulator, GroupState {
  readonly state: GroupState = this
  readonly #rankings: (Ranking | undefined)[] = []
  /** How many groups have a ranking, and how many different values are in all of them. */
  #held = 0
  #values = 0
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
    const ranking = this.#rankings[slot]
    if (ranking === undefined) return
    this.#held -= 1
    this.#values -= ranking.times.size
    this.#rankings[slot] = undefined
  }

  get bytes(): number {
    const { length } = this.#rankings
    return length * 8 + this.#held * RANKING_BYTES + valueBytes(this.#values * 2, length, (slot) => firstOf(this.#rankings[slot]))
  }

  save(slots: Int32Array, writer: LaneWriter): void {
    putValues(writer, { slots, layouts: [this.#layout] }, (slot) => this.#rankings[slot]?.times ?? [])
  }

  load(slots: Int32Array, reader: LaneReader): void {
    takeValues(reader, slots, (slot, value, weight) => this.#change(slot, value as BagValue, weight))
  }

  #rankingOf(slot: number): Ranking {
    const known = this.#rankings[slot]
    if (known !== undefined) return known
    const ranking = { times: new Map(), ranked: new OrderedBag(this.#compare, false) }
    this.#rankings[slot] = ranking
    this.#held += 1
    return ranking
  }

  #change(slot: number, value: BagValue, weight: number): void {
    const { times, ranked } = this.#rankingOf(slot)
    const before = times.get(value) ?? 0
    const after = before + weight
    if (after === 0) times.delete(value)
    else times.set(value, after)
    this.#values += (after === 0 ? 0 : 1) - (before === 0 ? 0 : 1)
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

function firstOf(ranking: Ranking | undefined): BagValue | undefined {
  return ranking?.times.keys().next().value
}
