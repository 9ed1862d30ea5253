/** A multiset of rows at rest: how often each is there, found by the whole row. */
import type { Layout } from '@millrace/core'
import { grownNumbers } from '../aggregate/accumulator.ts'
import { HashedSlots } from './hashed-slots.ts'
import { hashRows } from './row-hash.ts'
import { compileMatcher, type MatchMode, type RowMatcher } from './row-match.ts'
import { RowTable } from './row-table.ts'
import { gatherBatch, type ZBatch } from './z-batch.ts'

export class CountedRows {
  readonly #columns: readonly number[]
  readonly #matcher: RowMatcher
  readonly #table: RowTable
  readonly #index = new HashedSlots()
  #counts: Float64Array = new Float64Array(64)

  constructor(layouts: readonly Layout[], mode: MatchMode) {
    this.#columns = layouts.map((_, at) => at)
    this.#table = new RowTable(layouts)
    this.#matcher = compileMatcher({ layouts, storedColumns: this.#columns, laneColumns: this.#columns }, mode)
  }

  /** Different rows. */
  get rowCount(): number {
    return this.#table.rowCount
  }

  add({ count, lanes, weights }: ZBatch): void {
    if (count === 0) return
    const hashes = hashRows(lanes, this.#columns, count)
    this.#table.admit(lanes, count)
    this.#counts = grownNumbers(this.#counts, this.#table.capacity)
    const match = this.#matcher(this.#table, lanes)
    for (let row = 0; row < count; row += 1) {
      const weight = weights[row] as number
      const hash = hashes[row] as number
      let slot = this.#index.find(hash, match, row)
      if (slot < 0) {
        if (weight === 0) continue
        slot = this.#table.allocate()
        this.#table.put(slot, lanes, row)
        this.#index.add(hash, slot)
        this.#counts[slot] = 0
      }
      const sum = (this.#counts[slot] as number) + weight
      this.#counts[slot] = sum
      if (sum !== 0) continue
      this.#index.remove(slot)
      this.#table.free(slot)
    }
  }

  /** Each different row with its count. */
  rows(): ZBatch {
    const slots = new Int32Array(this.#table.rowCount)
    let next = 0
    for (let slot = 0; slot < this.#table.slotCount; slot += 1) if (this.#counts[slot] !== 0) slots[next++] = slot
    const weights = Float64Array.from(slots, (slot) => this.#counts[slot] as number)
    return { count: next, lanes: this.#table.gather(slots, next), weights }
  }

  /** Those of a batch's rows that are not here. */
  missing(batch: ZBatch): ZBatch {
    if (batch.count === 0) return batch
    const hashes = hashRows(batch.lanes, this.#columns, batch.count)
    this.#table.suit(batch.lanes)
    const match = this.#matcher(this.#table, batch.lanes)
    const rows = Int32Array.from({ length: batch.count }, (_, row) => row).filter(
      (row) => this.#index.find(hashes[row] as number, match, row) < 0,
    )
    return gatherBatch(batch, rows, rows.length)
  }
}
