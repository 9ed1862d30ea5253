/** An aggregate of each different value once: it hands on only a value's coming and going. */
import type { Layout } from '@millrace/core'
import type { Lane } from '@millrace/sql'
import type { LaneReader, LaneWriter } from '../spill/saved-lanes.ts'
import type { Accumulator, WeightedRows, GroupState } from './accumulator.ts'
import { putValues, takeValues, valueBytes } from './saved-values.ts'
import { type BagValue, bagValueOf } from './value-order.ts'

/** What V8 takes for a Map without entries. */
const MAP_BYTES = 200

export class DistinctAccumulator implements Accumulator, GroupState {
  readonly state: GroupState = this
  readonly #inner: Accumulator
  readonly #values: (Map<BagValue, number> | undefined)[] = []
  /** How many maps there are, and how many values in all of them. */
  #maps = 0
  #entries = 0
  readonly #layout: Layout

  /** `layout`: that of the values. */
  constructor(inner: Accumulator, layout: Layout) {
    this.#inner = inner
    this.#layout = layout
  }

  reserve(capacity: number): void {
    this.#inner.state.reserve(capacity)
  }

  add(slots: Int32Array, { count, lanes, weights }: WeightedRows): void {
    const lane = lanes[0] as Lane
    const presence = new Float64Array(count)
    for (let row = 0; row < count; row += 1) {
      if (lane.nulls !== null && lane.nulls[row] === 1) continue
      presence[row] = this.#change(slots[row] as number, bagValueOf(lane.layout, lane.values[row]), weights[row] as number)
    }
    this.#inner.add(slots, { count, lanes, weights: presence })
  }

  results(slots: Int32Array, count: number): Lane {
    return this.#inner.results(slots, count)
  }

  clear(slot: number): void {
    const values = this.#values[slot]
    if (values !== undefined) {
      this.#maps -= 1
      this.#entries -= values.size
      this.#values[slot] = undefined
    }
    this.#inner.state.clear(slot)
  }

  get bytes(): number {
    const held = this.#maps * MAP_BYTES + this.#values.length * 8
    return this.#inner.state.bytes + held + valueBytes(this.#entries, this.#values.length, (slot) => firstOf(this.#values[slot]))
  }

  save(slots: Int32Array, writer: LaneWriter): void {
    this.#inner.state.save(slots, writer)
    putValues(writer, { slots, layouts: [this.#layout] }, (slot) => this.#values[slot] ?? [])
  }

  load(slots: Int32Array, reader: LaneReader): void {
    this.#inner.state.load(slots, reader)
    takeValues(reader, slots, (slot, value, weight) => this.#change(slot, value as BagValue, weight))
  }

  /** 1 where the value came to be there, -1 where it went; over a batch these sum to the truth. */
  #change(slot: number, value: BagValue, weight: number): number {
    let values = this.#values[slot]
    if (values === undefined) {
      values = new Map()
      this.#values[slot] = values
      this.#maps += 1
    }
    const before = values.get(value) ?? 0
    const after = before + weight
    if (after === 0) values.delete(value)
    else values.set(value, after)
    this.#entries += (after === 0 ? 0 : 1) - (before === 0 ? 0 : 1)
    return (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0)
  }
}

function firstOf(values: ReadonlyMap<BagValue, number> | undefined): BagValue | undefined {
  return values?.keys().next().value
}
