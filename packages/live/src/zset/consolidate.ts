import { hashRows } from './row-hash.ts'
import { compileMatcher, type RowMatcher } from './row-match.ts'
import type { RowTable } from './row-table.ts'
import { SlotIndex } from './slot-index.ts'
import { gatherBatch, type ZBatch } from './z-batch.ts'
import type { Layout } from '@millrace/core'

/**
 * Brings together what takes each other back: none has weight 0, and where any row goes each row is there
 * once. The whole row is its identity. Rows that only come are handed on as they are, without a look at them.
 */
export class Consolidator {
  readonly #hashed: readonly number[]
  readonly #matcher: RowMatcher

  /** `key`: columns of which a batch has few rows each, if any; only these are hashed then. */
  constructor(layouts: readonly Layout[], key: readonly number[]) {
    const all = layouts.map((_, at) => at)
    this.#hashed = key.length > 0 ? key : all
    this.#matcher = compileMatcher({ layouts, storedColumns: all, laneColumns: all }, 'identity')
  }

  consolidate(batch: ZBatch): ZBatch {
    const { count, lanes } = batch
    if (count === 0 || onlyCome(batch)) return batch
    const hashes = hashRows(lanes, this.#hashed, count)
    // A batch's lanes have the form of a table's columns, so rows of one batch can be compared.
    const match = this.#matcher({ columns: lanes } as unknown as RowTable, lanes)
    const index = new SlotIndex()
    const weights = new Float64Array(count)
    for (let row = 0; row < count; row += 1) {
      const hash = hashes[row] as number
      const same = index.find(hash, match, row)
      if (same < 0) index.add(hash, row)
      const target = same < 0 ? row : same
      weights[target] = (weights[target] as number) + (batch.weights[row] as number)
    }
    const kept = new Int32Array(count)
    let next = 0
    for (let row = 0; row < count; row += 1) if (weights[row] !== 0) kept[next++] = row
    if (next === count) return { count, lanes, weights }
    return gatherBatch({ count, lanes, weights }, kept, next)
  }
}

function onlyCome({ weights, count }: ZBatch): boolean {
  for (let row = 0; row < count; row += 1) if ((weights[row] as number) <= 0) return false
  return true
}
