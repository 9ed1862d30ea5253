/**
 * MIN or MAX with retractions. Each group keeps how often it has each value, and a heap of values with
 * the wanted one on top. A value that is gone is taken off the heap when it comes to the top; the heap is
 * built anew when more than half of it may be gone.
 */
import { CELL, type Layout, type Value, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import type { Accumulator, WeightedLane } from './accumulator.ts'
import { type BagValue, bagValueOf, lessOf, type ValueLess, valueOfBag } from './value-order.ts'

interface Bag {
  readonly weights: Map<BagValue, number>
  heap: BagValue[]
  /** The heap's length at which it is built anew. */
  rebuildAt: number
}

const REBUILD_LEAST = 32

export class ExtremeAccumulator implements Accumulator {
  readonly #bags: (Bag | undefined)[] = []
  readonly #layout: Layout
  readonly #before: ValueLess

  constructor(layout: Layout, wanted: 'min' | 'max') {
    this.#layout = layout
    const less = lessOf(layout)
    this.#before = wanted === 'min' ? less : (left, right) => less(right, left)
  }

  reserve(): void {
    // Bags come with their first value.
  }

  add(slots: Int32Array, { count, lane, weights }: WeightedLane): void {
    if (lane === null) return
    for (let row = 0; row < count; row += 1) {
      if (lane.nulls !== null && lane.nulls[row] === 1) continue
      const weight = weights[row] as number
      if (weight !== 0) this.#addValue(slots[row] as number, bagValueOf(this.#layout, lane.values[row]), weight)
    }
  }

  results(slots: Int32Array, count: number): Lane {
    const builder = new VectorBuilder(this.#layout, count)
    for (let at = 0; at < count; at += 1) {
      const bag = this.#bags[slots[at] as number]
      const top = bag === undefined ? undefined : this.#top(bag)
      if (top === undefined) builder.pushCell(CELL.NULL)
      else if (this.#layout === 'boolean') builder.pushBoolean(top === 1)
      else builder.push(valueOfBag(this.#layout, top) as Value)
    }
    return laneOf(builder.finish())
  }

  clear(slot: number): void {
    this.#bags[slot] = undefined
  }

  #addValue(slot: number, value: BagValue, weight: number): void {
    const bag = (this.#bags[slot] ??= { weights: new Map(), heap: [], rebuildAt: REBUILD_LEAST })
    const before = bag.weights.get(value) ?? 0
    const after = before + weight
    if (after === 0) bag.weights.delete(value)
    else bag.weights.set(value, after)
    if (before > 0 || after <= 0) return
    pushHeap(bag.heap, value, this.#before)
    if (bag.heap.length >= bag.rebuildAt) this.#rebuild(bag)
  }

  #top(bag: Bag): BagValue | undefined {
    while (bag.heap.length > 0 && (bag.weights.get(bag.heap[0] as BagValue) ?? 0) <= 0) popHeap(bag.heap, this.#before)
    return bag.heap[0]
  }

  #rebuild(bag: Bag): void {
    bag.heap = []
    for (const [value, weight] of bag.weights) if (weight > 0) pushHeap(bag.heap, value, this.#before)
    bag.rebuildAt = Math.max(REBUILD_LEAST, bag.heap.length * 2)
  }
}

function pushHeap(heap: BagValue[], value: BagValue, before: ValueLess): void {
  let at = heap.length
  heap.push(value)
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!before(value, heap[parent] as BagValue)) break
    heap[at] = heap[parent] as BagValue
    at = parent
  }
  heap[at] = value
}

function popHeap(heap: BagValue[], before: ValueLess): void {
  const last = heap.pop() as BagValue
  const count = heap.length
  if (count === 0) return
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= count) break
    if (child + 1 < count && before(heap[child + 1] as BagValue, heap[child] as BagValue)) child += 1
    if (!before(heap[child] as BagValue, last)) break
    heap[at] = heap[child] as BagValue
    at = child
  }
  heap[at] = last
}
