/**
 * A relation at rest, arranged by a key: the rows with their weights, found by the whole row (to add to
 * its weight) and by the key (to be joined). Rows of one key are chained, so that joining costs what it
 * yields, and a row within a hot key is found by its own hash, not by a walk along the chain.
 *
 * Between batches no weight is 0 or negative; within one, a retraction may come before its row.
 */
import type { Layout } from '@millrace/core'
import type { Lane } from '@millrace/sql'
import { hashRows } from './row-hash.ts'
import { compileMatcher, type RowMatch, type RowMatcher } from './row-match.ts'
import { RowTable } from './row-table.ts'
import { SlotIndex } from './slot-index.ts'
import type { ZBatch } from './z-batch.ts'

const NONE = -1

export class Arrangement {
  readonly table: RowTable
  weights = new Float64Array(64)
  /** The slot of the next row with the same key, or -1. */
  next: Int32Array = new Int32Array(64)
  #previous: Int32Array = new Int32Array(64)
  readonly #rows = new SlotIndex()
  readonly #keys = new SlotIndex()
  readonly #keyColumns: readonly number[]
  readonly #allColumns: readonly number[]
  readonly #rowMatcher: RowMatcher
  readonly #keyMatcher: RowMatcher

  constructor(layouts: readonly Layout[], keyColumns: readonly number[]) {
    this.table = new RowTable(layouts)
    this.#keyColumns = keyColumns
    this.#allColumns = layouts.map((_, at) => at)
    this.#rowMatcher = compileMatcher({ layouts, storedColumns: this.#allColumns, laneColumns: this.#allColumns }, 'identity')
    const keyLayouts = keyColumns.map((column) => layouts[column] as Layout)
    this.#keyMatcher = compileMatcher({ layouts: keyLayouts, storedColumns: keyColumns, laneColumns: keyColumns }, 'grouping')
  }

  /** A matcher of this arrangement's key against other lanes, for probes. */
  probeMatcher(laneColumns: readonly number[]): RowMatcher {
    const layouts = this.#keyColumns.map((column) => this.table.columns[column]?.layout as Layout)
    return compileMatcher({ layouts, storedColumns: this.#keyColumns, laneColumns }, 'grouping')
  }

  /** The first slot of the rows with a key, or -1. */
  first(hash: number, match: RowMatch, row: number): number {
    return this.#keys.find(hash, match, row)
  }

  /** Adds the weights of a batch. `touched`, if given, is told of each slot before its weight changes. */
  apply(batch: ZBatch, keyHashes: Int32Array): void {
    const { lanes, count, weights } = batch
    if (count === 0) return
    this.table.admit(lanes, count)
    this.#reserve(this.table.capacity)
    const rowHashes = this.#allColumns.length === this.#keyColumns.length ? keyHashes : hashRows(lanes, this.#allColumns, count)
    const rowMatch = this.#rowMatcher(this.table, lanes)
    const keyMatch = this.#keyMatcher(this.table, lanes)
    for (let row = 0; row < count; row += 1) {
      const hash = rowHashes[row] as number
      const slot = this.#rows.find(hash, rowMatch, row)
      const weight = weights[row] as number
      if (slot < 0) this.#insert(lanes, row, { rowHash: hash, keyHash: keyHashes[row] as number, weight, keyMatch })
      else this.#add(slot, weight)
    }
  }

  #insert(lanes: readonly Lane[], row: number, entry: { rowHash: number; keyHash: number; weight: number; keyMatch: RowMatch }): void {
    if (entry.weight === 0) return
    const slot = this.table.allocate()
    this.table.put(slot, lanes, row)
    this.weights[slot] = entry.weight
    this.#rows.add(entry.rowHash, slot)
    const head = this.#keys.find(entry.keyHash, entry.keyMatch, row)
    this.#previous[slot] = head
    if (head < 0) {
      this.next[slot] = NONE
      this.#keys.add(entry.keyHash, slot)
      return
    }
    const second = this.next[head] as number
    this.next[slot] = second
    this.next[head] = slot
    if (second >= 0) this.#previous[second] = slot
  }

  #add(slot: number, weight: number): void {
    const sum = (this.weights[slot] as number) + weight
    this.weights[slot] = sum
    if (sum !== 0) return
    const before = this.#previous[slot] as number
    const after = this.next[slot] as number
    if (after >= 0) this.#previous[after] = before
    if (before >= 0) this.next[before] = after
    else if (after >= 0) this.#keys.replace(slot, after)
    else this.#keys.remove(slot)
    this.#rows.remove(slot)
    this.table.free(slot)
  }

  #reserve(capacity: number): void {
    if (capacity <= this.weights.length) return
    const weights = new Float64Array(capacity)
    weights.set(this.weights)
    this.weights = weights
    this.next = grown(this.next, capacity)
    this.#previous = grown(this.#previous, capacity)
  }
}

function grown(values: Int32Array, capacity: number): Int32Array {
  const larger = new Int32Array(capacity)
  larger.set(values)
  return larger
}
