/** EXCEPT ALL and INTERSECT ALL: per row how often each side has it, and so how often the result does. */
import { assert } from '@millrace/base'
import type { Layout } from '@millrace/core'
import type { Bag } from '@millrace/sql'
import { grownNumbers } from '../aggregate/accumulator.ts'
import { IntList } from '../zset/growing-list.ts'
import { HashedSlots } from '../zset/hashed-slots.ts'
import { hashRows } from '../zset/row-hash.ts'
import { compileMatcher, type RowMatcher } from '../zset/row-match.ts'
import { RowTable } from '../zset/row-table.ts'
import { emptyBatch, type ZBatch } from '../zset/z-batch.ts'
import type { Operator, OperatorSize, Step } from './operator.ts'

export class BagOperator implements Operator {
  readonly layouts: readonly Layout[]
  readonly #left: Operator
  readonly #right: Operator
  readonly #operation: Bag['operation']
  readonly #columns: readonly number[]
  readonly #matcher: RowMatcher
  readonly #table: RowTable
  readonly #index = new HashedSlots()
  /** Per slot how often the left side and the right side have the row, and how often it was told. */
  #lefts: Float64Array = new Float64Array(64)
  #rights: Float64Array = new Float64Array(64)
  #told: Float64Array = new Float64Array(64)

  constructor({ left, right }: { left: Operator; right: Operator }, operation: Bag['operation']) {
    this.#left = left
    this.#right = right
    this.#operation = operation
    this.layouts = left.layouts
    this.#columns = this.layouts.map((_, at) => at)
    this.#table = new RowTable(this.layouts)
    this.#matcher = compileMatcher({ layouts: this.layouts, storedColumns: this.#columns, laneColumns: this.#columns }, 'grouping')
  }

  step(step: Step): ZBatch {
    const left = this.#left.step(step)
    const right = this.#right.step(step)
    if (left.count + right.count === 0) return emptyBatch(this.layouts)
    const touched = new Set<number>()
    this.#take(left, touched, (slot, weight) => (this.#lefts[slot] = (this.#lefts[slot] as number) + weight))
    this.#take(right, touched, (slot, weight) => (this.#rights[slot] = (this.#rights[slot] as number) + weight))
    const slots = new IntList()
    const weights: number[] = []
    for (const slot of touched) {
      const now = this.#wanted(slot)
      if (now === this.#told[slot]) continue
      slots.push(slot)
      weights.push(now - (this.#told[slot] as number))
      this.#told[slot] = now
    }
    const output = { count: slots.count, lanes: this.#table.gather(slots.values(), slots.count), weights: Float64Array.from(weights) }
    this.#forget(touched)
    return output
  }

  size(): OperatorSize {
    return { rows: this.#table.rowCount + this.#left.size().rows + this.#right.size().rows }
  }

  #take({ count, lanes, weights }: ZBatch, touched: Set<number>, add: (slot: number, weight: number) => void): void {
    if (count === 0) return
    const hashes = hashRows(lanes, this.#columns, count)
    this.#table.admit(lanes, count)
    this.#reserve(this.#table.capacity)
    const match = this.#matcher(this.#table, lanes)
    for (let row = 0; row < count; row += 1) {
      const hash = hashes[row] as number
      let slot = this.#index.find(hash, match, row)
      if (slot < 0) {
        slot = this.#table.allocate()
        this.#table.put(slot, lanes, row)
        this.#index.add(hash, slot)
        this.#lefts[slot] = 0
        this.#rights[slot] = 0
        this.#told[slot] = 0
      }
      add(slot, weights[row] as number)
      touched.add(slot)
    }
  }

  #wanted(slot: number): number {
    const left = this.#lefts[slot] as number
    const right = this.#rights[slot] as number
    assert(left >= 0 && right >= 0, 'a row is never there less than not at all')
    return this.#operation === 'except' ? Math.max(0, left - right) : Math.min(left, right)
  }

  #forget(touched: ReadonlySet<number>): void {
    for (const slot of touched) {
      if (this.#lefts[slot] !== 0 || this.#rights[slot] !== 0) continue
      this.#index.remove(slot)
      this.#table.free(slot)
    }
  }

  #reserve(capacity: number): void {
    if (capacity <= this.#told.length) return
    this.#lefts = grownNumbers(this.#lefts, capacity)
    this.#rights = grownNumbers(this.#rights, capacity)
    this.#told = grownNumbers(this.#told, capacity)
  }
}
