/** An aggregate of each different value once: it hands on only a value's coming and going. */
import type { Lane } from '@millrace/sql'
import type { Accumulator, WeightedRows } from './accumulator.ts'
import { type BagValue, bagValueOf } from './value-order.ts'

export class DistinctAccumulator implements Accumulator {
  readonly #inner: Accumulator
  readonly #values: (Map<BagValue, number> | undefined)[] = []

  constructor(inner: Accumulator) {
    this.#inner = inner
  }

  reserve(capacity: number): void {
    this.#inner.reserve(capacity)
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
    this.#values[slot] = undefined
    this.#inner.clear(slot)
  }

  /** 1 where the value came to be there, -1 where it went; over a batch these sum to the truth. */
  #change(slot: number, value: BagValue, weight: number): number {
    const values = (this.#values[slot] ??= new Map())
    const before = values.get(value) ?? 0
    const after = before + weight
    if (after === 0) values.delete(value)
    else values.set(value, after)
    return (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0)
  }
}
