/**
 * Slots in the order of their rows: any number of search trees over one set of typed arrays, so that a
 * partition costs no object. A tree is the slot of its root, -1 while it is empty. A slot stands in it with
 * a weight, and each tells the weight of its subtree: the place of a row, and the row at a place, are found
 * in O(log n).
 *
 * The trees are treaps: balanced by a number that follows from the slot, so that a tree depends only on
 * which slots are in it. Rows that compare as equal stand in the order of their slots.
 */
import { assert } from '@millrace/base'
import { grownNumbers } from '../aggregate/accumulator.ts'
import type { IntList } from '../zset/growing-list.ts'
import type { RowComparison } from './row-comparison.ts'

export const NO_SLOT = -1

export class RowTree {
  #left: Int32Array = new Int32Array(64)
  #right: Int32Array = new Int32Array(64)
  #weights: Float64Array = new Float64Array(64)
  #totals: Float64Array = new Float64Array(64)
  /** What the last split left. */
  #below = NO_SLOT
  #above = NO_SLOT

  get bytes(): number {
    return this.#left.byteLength + this.#right.byteLength + this.#weights.byteLength + this.#totals.byteLength
  }

  reserve(capacity: number): void {
    if (capacity <= this.#left.length) return
    this.#left = grown(this.#left, capacity)
    this.#right = grown(this.#right, capacity)
    this.#weights = grownNumbers(this.#weights, capacity)
    this.#totals = grownNumbers(this.#totals, capacity)
  }

  /** The weight of all rows of a tree. */
  total(root: number): number {
    return root < 0 ? 0 : (this.#totals[root] as number)
  }

  weightOf(slot: number): number {
    return this.#weights[slot] as number
  }

  /** The tree with a slot that is in none. */
  insert(root: number, { slot, weight }: { slot: number; weight: number }, compare: RowComparison): number {
    this.#left[slot] = NO_SLOT
    this.#right[slot] = NO_SLOT
    this.#weights[slot] = weight
    this.#totals[slot] = weight
    return this.#insert(root, slot, compare)
  }

  /** The tree without a slot that is in it. */
  remove(root: number, slot: number, compare: RowComparison): number {
    assert(root >= 0, 'only a slot of the tree is taken out of it')
    if (root === slot) return this.#merge(this.#left[slot] as number, this.#right[slot] as number)
    this.#totals[root] = (this.#totals[root] as number) - (this.#weights[slot] as number)
    if (isBefore(slot, root, compare)) this.#left[root] = this.remove(this.#left[root] as number, slot, compare)
    else this.#right[root] = this.remove(this.#right[root] as number, slot, compare)
    return root
  }

  /** Adds to the weight of a slot of the tree. */
  add(root: number, { slot, weight }: { slot: number; weight: number }, compare: RowComparison): void {
    this.#weights[slot] = (this.#weights[slot] as number) + weight
    let node = root
    for (;;) {
      assert(node >= 0, 'only a slot of the tree has a weight in it')
      this.#totals[node] = (this.#totals[node] as number) + weight
      if (node === slot) return
      node = (isBefore(slot, node, compare) ? this.#left[node] : this.#right[node]) as number
    }
  }

  /** A slot whose row is equal to that of another slot, or -1. */
  find(root: number, slot: number, compare: RowComparison): number {
    let node = root
    while (node >= 0) {
      const order = compare(slot, node)
      if (order === 0) return node
      node = (order < 0 ? this.#left[node] : this.#right[node]) as number
    }
    return NO_SLOT
  }

  /** The slot that stands before another, which is not in the tree; -1 for none. */
  before(root: number, slot: number, compare: RowComparison): number {
    let found = NO_SLOT
    let node = root
    while (node >= 0) {
      const isBehind = isBefore(slot, node, compare)
      if (!isBehind) found = node
      node = (isBehind ? this.#left[node] : this.#right[node]) as number
    }
    return found
  }

  /** The weight of the rows for which `holds` is true: of all that stand before some place, and of none behind. */
  countWhile(root: number, holds: (slot: number) => boolean): number {
    let count = 0
    let node = root
    while (node >= 0) {
      if (!holds(node)) {
        node = this.#left[node] as number
        continue
      }
      const left = this.#left[node] as number
      count += (this.#weights[node] as number) + (left < 0 ? 0 : (this.#totals[left] as number))
      node = this.#right[node] as number
    }
    return count
  }

  /** The slot that holds the given place, counted in weight from 0. */
  at(root: number, place: number): number {
    let node = root
    let rest = place
    for (;;) {
      assert(node >= 0, 'the place is within the tree')
      const left = this.#left[node] as number
      const before = left < 0 ? 0 : (this.#totals[left] as number)
      const weight = this.#weights[node] as number
      if (rest < before) {
        node = left
      } else if (rest < before + weight) {
        return node
      } else {
        rest -= before + weight
        node = this.#right[node] as number
      }
    }
  }

  /** Adds to a list, in their order, the slots that hold any of the places from `from` to before `to`. */
  collect(root: number, { from, to }: { from: number; to: number }, into: IntList): void {
    if (root < 0 || from >= to) return
    const left = this.#left[root] as number
    const start = left < 0 ? 0 : (this.#totals[left] as number)
    const end = start + (this.#weights[root] as number)
    if (from < start) this.collect(left, { from, to }, into)
    if (from < end && to > start) into.push(root)
    if (to > end) this.collect(this.#right[root] as number, { from: from - end, to: to - end }, into)
  }

  #insert(root: number, slot: number, compare: RowComparison): number {
    if (root < 0) return slot
    if (rank(slot) > rank(root)) {
      this.#split(root, slot, compare)
      this.#left[slot] = this.#below
      this.#right[slot] = this.#above
      this.#sum(slot)
      return slot
    }
    this.#totals[root] = (this.#totals[root] as number) + (this.#weights[slot] as number)
    if (isBefore(slot, root, compare)) this.#left[root] = this.#insert(this.#left[root] as number, slot, compare)
    else this.#right[root] = this.#insert(this.#right[root] as number, slot, compare)
    return root
  }

  /** Cuts a tree at a row that is not in it. */
  #split(root: number, slot: number, compare: RowComparison): void {
    if (root < 0) {
      this.#below = NO_SLOT
      this.#above = NO_SLOT
    } else if (isBefore(slot, root, compare)) {
      this.#split(this.#left[root] as number, slot, compare)
      this.#left[root] = this.#above
      this.#sum(root)
      this.#above = root
    } else {
      this.#split(this.#right[root] as number, slot, compare)
      this.#right[root] = this.#below
      this.#sum(root)
      this.#below = root
    }
  }

  #merge(below: number, above: number): number {
    if (below < 0) return above
    if (above < 0) return below
    if (rank(below) > rank(above)) {
      this.#right[below] = this.#merge(this.#right[below] as number, above)
      this.#sum(below)
      return below
    }
    this.#left[above] = this.#merge(below, this.#left[above] as number)
    this.#sum(above)
    return above
  }

  #sum(node: number): void {
    this.#totals[node] = this.total(this.#left[node] as number) + this.total(this.#right[node] as number) + (this.#weights[node] as number)
  }
}

function isBefore(slot: number, other: number, compare: RowComparison): boolean {
  const order = compare(slot, other)
  return order === 0 ? slot < other : order < 0
}

/** Different for each slot, and in no relation to its order. */
function rank(slot: number): number {
  let mixed = slot ^ 0x5bd1e995
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

function grown(values: Int32Array, capacity: number): Int32Array {
  const larger = new Int32Array(Math.max(capacity, values.length * 2))
  larger.set(values)
  return larger
}
