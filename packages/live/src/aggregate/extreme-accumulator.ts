/**
 * MIN or MAX with retractions. Each group keeps how often it has each value, and a heap of values with
 * the wanted one on top. A value that is gone is taken off the heap when it comes to the top; the heap is
 * built anew when more than half of it may be gone.
 *
 * Most groups have one distinct value (`max(c.country)` of an order's lines): such a group is two cells
 * of two columns, and gets a bag of its own only while it has more. With a bag for each, a million
 * groups took 400 MB.
 */
import { CELL, type Layout, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import { type Accumulator, grownNumbers, type WeightedRows } from './accumulator.ts'
import { type BagValue, bagValueOf, lessOf, type ValueLess, valueOfBag } from './value-order.ts'

interface Bag {
  readonly weights: Map<BagValue, number>
  heap: BagValue[]
  /** The heap's length at which it is built anew. */
  rebuildAt: number
}

const REBUILD_LEAST = 32

export class ExtremeAccumulator implements Accumulator {
  /** The one value of a group without a bag; undefined where it has none. */
  readonly #only: (BagValue | undefined)[] = []
  #onlyWeights: Float64Array = new Float64Array(64)
  readonly #bags = new Map<number, Bag>()
  readonly #layout: Layout
  readonly #before: ValueLess

  constructor(layout: Layout, wanted: 'min' | 'max') {
    this.#layout = layout
    const less = lessOf(layout)
    this.#before = wanted === 'min' ? less : (left, right) => less(right, left)
  }

  reserve(capacity: number): void {
    this.#onlyWeights = grownNumbers(this.#onlyWeights, capacity)
    while (this.#only.length < capacity) this.#only.push(undefined)
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
      const top = this.#extreme(slots[at] as number)
      if (top === undefined) builder.pushCell(CELL.NULL)
      else if (this.#layout === 'boolean') builder.pushBoolean(top === 1)
      else builder.push(valueOfBag(this.#layout, top))
    }
    return laneOf(builder.finish())
  }

  clear(slot: number): void {
    this.#only[slot] = undefined
    this.#onlyWeights[slot] = 0
    this.#bags.delete(slot)
  }

  #extreme(slot: number): BagValue | undefined {
    const bag = this.#bags.get(slot)
    if (bag !== undefined) return this.#top(bag)
    return (this.#onlyWeights[slot] as number) > 0 ? this.#only[slot] : undefined
  }

  #addValue(slot: number, value: BagValue, weight: number): void {
    const bag = this.#bags.size === 0 ? undefined : this.#bags.get(slot)
    if (bag !== undefined) return this.#addToBag(slot, bag, { value, weight })
    const only = this.#only[slot]
    if (only === undefined) {
      this.#setOnly(slot, value, weight)
    } else if (isSame(only, value)) {
      const sum = (this.#onlyWeights[slot] as number) + weight
      this.#setOnly(slot, sum === 0 ? undefined : value, sum)
    } else {
      this.#addToBag(slot, this.#openBag(slot, only), { value, weight })
    }
  }

  #setOnly(slot: number, value: BagValue | undefined, weight: number): void {
    this.#only[slot] = value
    this.#onlyWeights[slot] = weight
  }

  #openBag(slot: number, only: BagValue): Bag {
    const weight = this.#onlyWeights[slot] as number
    const bag: Bag = { weights: new Map([[only, weight]]), heap: weight > 0 ? [only] : [], rebuildAt: REBUILD_LEAST }
    this.#bags.set(slot, bag)
    this.#setOnly(slot, undefined, 0)
    return bag
  }

  #addToBag(slot: number, bag: Bag, { value, weight }: { value: BagValue; weight: number }): void {
    const before = bag.weights.get(value) ?? 0
    const after = before + weight
    if (after === 0) bag.weights.delete(value)
    else bag.weights.set(value, after)
    if (bag.weights.size < 2) return this.#closeBag(slot, bag)
    if (before > 0 || after <= 0) return
    pushHeap(bag.heap, value, this.#before)
    if (bag.heap.length >= bag.rebuildAt) this.#rebuild(bag)
  }

  /** One distinct value is left, or none. */
  #closeBag(slot: number, bag: Bag): void {
    this.#bags.delete(slot)
    for (const [value, weight] of bag.weights) this.#setOnly(slot, value, weight)
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

/** As a Map compares its keys: NaN is one value. */
function isSame(left: BagValue, right: BagValue): boolean {
  return left === right || (left !== left && right !== right)
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
