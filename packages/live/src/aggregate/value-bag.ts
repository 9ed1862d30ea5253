/**
 * Values of one group, each with how often it is there; which of them is the first or the last can be told at any
 * time. They lie in order in an array while they are few, or come in their order; else there is a heap.
 */
import type { BagValue, ValueLess } from './value-order.ts'

/** How a bag orders its values, and which it is asked for. */
export interface BagOrder {
  readonly less: ValueLess
  readonly wanted: 'min' | 'max'
}

export interface ValueBag {
  /** How many different values it holds. Within a batch one may go before it comes: less than no times. */
  readonly size: number
  change(value: BagValue, weight: number): void
  /** Undefined where no value is there. */
  extreme(): BagValue | undefined
  entries(): Iterable<readonly [BagValue, number]>
}

/** Moving more values than this for one that comes or goes takes longer than a heap does. */
const MOVED_LIMIT = 128

/** The bag with the change: another one once too many values had to be moved. */
export function changedBag(bag: ValueBag, change: { readonly value: BagValue; readonly weight: number }, order: BagOrder): ValueBag {
  bag.change(change.value, change.weight)
  return bag instanceof SortedBag && bag.moved > MOVED_LIMIT ? new HeapBag(bag.entries(), order) : bag
}

export class SortedBag implements ValueBag {
  readonly #order: BagOrder
  readonly #values: BagValue[] = []
  readonly #weights: number[] = []
  /** How many values the last change moved. */
  moved = 0

  constructor(order: BagOrder) {
    this.#order = order
  }

  get size(): number {
    return this.#values.length
  }

  change(value: BagValue, weight: number): void {
    const place = this.#placeOf(value)
    this.moved = this.#values.length - place
    if (place === this.#values.length || this.#order.less(value, this.#values[place] as BagValue)) {
      this.#values.splice(place, 0, value)
      this.#weights.splice(place, 0, weight)
      return
    }
    const sum = (this.#weights[place] as number) + weight
    this.#weights[place] = sum
    if (sum !== 0) return
    this.#values.splice(place, 1)
    this.#weights.splice(place, 1)
  }

  extreme(): BagValue | undefined {
    const { length } = this.#values
    const [first, step] = this.#order.wanted === 'min' ? [0, 1] : [length - 1, -1]
    for (let at = first; at >= 0 && at < length; at += step) if ((this.#weights[at] as number) > 0) return this.#values[at]
    return undefined
  }

  *entries(): Iterable<readonly [BagValue, number]> {
    for (const [at, value] of this.#values.entries()) yield [value, this.#weights[at] as number]
  }

  /** The place of the first value that is not less. Values mostly come in order: the last one is looked at first. */
  #placeOf(value: BagValue): number {
    const { less } = this.#order
    let high = this.#values.length
    if (high > 0 && less(this.#values[high - 1] as BagValue, value)) return high
    let low = 0
    while (low < high) {
      const middle = (low + high) >> 1
      if (less(this.#values[middle] as BagValue, value)) low = middle + 1
      else high = middle
    }
    return low
  }
}

const REBUILD_LEAST = 32

/** A value that is gone is taken off the heap when it comes to the top; the heap is built anew when more than half of it may be gone. */
class HeapBag implements ValueBag {
  readonly #weights: Map<BagValue, number>
  readonly #before: ValueLess
  #heap: BagValue[] = []
  #rebuildAt = REBUILD_LEAST

  constructor(entries: Iterable<readonly [BagValue, number]>, { less, wanted }: BagOrder) {
    this.#before = wanted === 'min' ? less : (left, right) => less(right, left)
    this.#weights = new Map(entries)
    this.#rebuild()
  }

  get size(): number {
    return this.#weights.size
  }

  change(value: BagValue, weight: number): void {
    const before = this.#weights.get(value) ?? 0
    const after = before + weight
    if (after === 0) this.#weights.delete(value)
    else this.#weights.set(value, after)
    if (before > 0 || after <= 0) return
    pushHeap(this.#heap, value, this.#before)
    if (this.#heap.length >= this.#rebuildAt) this.#rebuild()
  }

  extreme(): BagValue | undefined {
    while (this.#heap.length > 0 && (this.#weights.get(this.#heap[0] as BagValue) ?? 0) <= 0) popHeap(this.#heap, this.#before)
    return this.#heap[0]
  }

  entries(): Iterable<readonly [BagValue, number]> {
    return this.#weights
  }

  #rebuild(): void {
    this.#heap = []
    for (const [value, weight] of this.#weights) if (weight > 0) pushHeap(this.#heap, value, this.#before)
    this.#rebuildAt = Math.max(REBUILD_LEAST, this.#heap.length * 2)
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
