/**
 * MIN or MAX with retractions. Most groups have one distinct value (`max(c.country)` of an order's lines): such a
 * group is two cells of two columns, and gets a bag of its values only while it has more. With a bag for each, a
 * million groups took 400 MB.
 */
import { CELL, type Layout, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import type { LaneReader, LaneWriter } from '../spill/saved-lanes.ts'
import { type Accumulator, grownNumbers, type WeightedRows, type GroupState } from './accumulator.ts'
import { putValues, takeValues, valueBytes } from './saved-values.ts'
import { type BagOrder, changedBag, SortedBag, type ValueBag } from './value-bag.ts'
import { type BagValue, bagValueOf, lessOf, valueOfBag } from './value-order.ts'

export class ExtremeAccumulator implements Accumulator, GroupState {
  readonly state: GroupState = this
  /** The one value of a group, or the bag of several; undefined where it has none. */
  readonly #held: (BagValue | ValueBag | undefined)[] = []
  /** How often the one value is there. */
  #weights: Float64Array = new Float64Array(64)
  /** How many values lie in bags. */
  #bagged = 0
  readonly #layout: Layout
  readonly #order: BagOrder

  constructor(layout: Layout, wanted: 'min' | 'max') {
    this.#layout = layout
    this.#order = { less: lessOf(layout), wanted }
  }

  reserve(capacity: number): void {
    this.#weights = grownNumbers(this.#weights, capacity)
    while (this.#held.length < capacity) this.#held.push(undefined)
  }

  add(slots: Int32Array, { count, lanes, weights }: WeightedRows): void {
    const lane = lanes[0] as Lane
    for (let row = 0; row < count; row += 1) {
      if (lane.nulls !== null && lane.nulls[row] === 1) continue
      const weight = weights[row] as number
      if (weight !== 0) this.#addValue(slots[row] as number, bagValueOf(this.#layout, lane.values[row]), weight)
    }
  }

  results(slots: Int32Array, count: number): Lane {
    const builder = new VectorBuilder(this.#layout, count)
    for (let at = 0; at < count; at += 1) {
      const extreme = this.#extreme(slots[at] as number)
      if (extreme === undefined) builder.pushCell(CELL.NULL)
      else if (this.#layout === 'boolean') builder.pushBoolean(extreme === 1)
      else builder.push(valueOfBag(this.#layout, extreme))
    }
    return laneOf(builder.finish())
  }

  clear(slot: number): void {
    const held = this.#held[slot]
    if (typeof held === 'object') this.#bagged -= held.size
    this.#setOnly(slot, undefined, 0)
  }

  get bytes(): number {
    const held = this.#held.length * 8 + this.#weights.byteLength
    return held + valueBytes(this.#held.length + this.#bagged, this.#held.length, (slot) => this.#extreme(slot))
  }

  save(slots: Int32Array, writer: LaneWriter): void {
    putValues(writer, { slots, layouts: [this.#layout] }, (slot) => this.#entries(slot))
  }

  load(slots: Int32Array, reader: LaneReader): void {
    takeValues(reader, slots, (slot, value, weight) => this.#addValue(slot, value as BagValue, weight))
  }

  #entries(slot: number): Iterable<readonly [BagValue, number]> {
    const held = this.#held[slot]
    if (typeof held === 'object') return held.entries()
    return held === undefined ? [] : [[held, this.#weights[slot] as number]]
  }

  #extreme(slot: number): BagValue | undefined {
    const held = this.#held[slot]
    if (typeof held === 'object') return held.extreme()
    return (this.#weights[slot] as number) > 0 ? held : undefined
  }

  #addValue(slot: number, value: BagValue, weight: number): void {
    const held = this.#held[slot]
    if (held === undefined) this.#setOnly(slot, value, weight)
    else if (typeof held === 'object') this.#change(slot, held, { value, weight })
    else if (isSame(held, value)) {
      const sum = (this.#weights[slot] as number) + weight
      this.#setOnly(slot, sum === 0 ? undefined : value, sum)
    } else {
      const bag = new SortedBag(this.#order)
      bag.change(held, this.#weights[slot] as number)
      this.#bagged += 1
      this.#change(slot, bag, { value, weight })
    }
  }

  #change(slot: number, bag: ValueBag, change: { readonly value: BagValue; readonly weight: number }): void {
    const before = bag.size
    const changed = changedBag(bag, change, this.#order)
    this.#bagged += changed.size - before
    if (changed.size > 1) {
      this.#held[slot] = changed
      return
    }
    this.#bagged -= changed.size
    this.#setOnly(slot, undefined, 0)
    for (const [value, weight] of changed.entries()) this.#setOnly(slot, value, weight)
  }

  #setOnly(slot: number, value: BagValue | undefined, weight: number): void {
    this.#held[slot] = value
    this.#weights[slot] = weight
  }
}

/** As a Map compares its keys: NaN is one value. */
function isSame(left: BagValue, right: BagValue): boolean {
  return left === right || (left !== left && right !== right)
}
