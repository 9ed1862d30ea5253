/** EXCEPT ALL and INTERSECT ALL: per row how often each side has it, and so how often the result does. */
import { assert } from '@millrace/base'
import type { Layout } from '@millrace/core'
import { type Bag, columnReference } from '@millrace/sql'
import { grownNumbers } from '../aggregate/accumulator.ts'
import type { StateScope } from '../spill/state-scope.ts'
import { IntList } from '../zset/growing-list.ts'
import { HashedSlots } from '../zset/hashed-slots.ts'
import { hashRows } from '../zset/row-hash.ts'
import { compileMatcher, type RowMatcher } from '../zset/row-match.ts'
import { RowTable } from '../zset/row-table.ts'
import type { ZBatch } from '../zset/z-batch.ts'
import type { Operator } from './operator.ts'
import { RebuiltOperator, type RebuiltPart } from './rebuilt-state.ts'

/** What all parts have in common. */
interface BagShape {
  readonly operation: Bag['operation']
  readonly layouts: readonly Layout[]
  readonly columns: readonly number[]
  readonly matcher: RowMatcher
}

export function bagOperator({ left, right }: { left: Operator; right: Operator }, { operation, types }: Bag, scope: StateScope): Operator {
  const { layouts } = left
  const columns = layouts.map((_, at) => at)
  const matcher = compileMatcher({ layouts, storedColumns: columns, laneColumns: columns }, 'grouping')
  const shape = { operation, layouts, columns, matcher }
  const keys = types.map((type, at) => columnReference(at, type))
  const inputs = [left, right].map((operator) => ({ operator, keys }))
  return new RebuiltOperator({ inputs, layouts, make: () => new BagPart(shape) }, scope)
}

class BagPart implements RebuiltPart {
  readonly #shape: BagShape
  readonly #table: RowTable
  readonly #index = new HashedSlots()
  /** Per slot how often the left side and the right side have the row, and how often it was told. */
  #lefts: Float64Array = new Float64Array(64)
  #rights: Float64Array = new Float64Array(64)
  #told: Float64Array = new Float64Array(64)

  constructor(shape: BagShape) {
    this.#shape = shape
    this.#table = new RowTable(shape.layouts)
  }

  get rowCount(): number {
    return this.#table.rowCount
  }

  get bytes(): number {
    return this.#table.bytes + this.#index.bytes + this.#lefts.byteLength + this.#rights.byteLength + this.#told.byteLength
  }

  step([left, right]: readonly ZBatch[]): ZBatch {
    const touched = new Set<number>()
    this.#take(left as ZBatch, touched, (slot, weight) => (this.#lefts[slot] = (this.#lefts[slot] as number) + weight))
    this.#take(right as ZBatch, touched, (slot, weight) => (this.#rights[slot] = (this.#rights[slot] as number) + weight))
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

  rows(): readonly ZBatch[] {
    return [this.#lefts, this.#rights].map((counts) => {
      const slots = new IntList()
      for (let slot = 0; slot < this.#table.slotCount; slot += 1) if (counts[slot] !== 0) slots.push(slot)
      const weights = Float64Array.from(slots.values(), (slot) => counts[slot] as number)
      return { count: slots.count, lanes: this.#table.gather(slots.values(), slots.count), weights }
    })
  }

  #take({ count, lanes, weights }: ZBatch, touched: Set<number>, add: (slot: number, weight: number) => void): void {
    if (count === 0) return
    const hashes = hashRows(lanes, this.#shape.columns, count)
    this.#table.admit(lanes, count)
    this.#reserve(this.#table.capacity)
    const match = this.#shape.matcher(this.#table, lanes)
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
    return this.#shape.operation === 'except' ? Math.max(0, left - right) : Math.min(left, right)
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
