import { type Arrangement, LINK } from '../zset/arrangement.ts'
import { IntList, NumberList } from '../zset/growing-list.ts'
import { compileMatcher, type RowMatcher } from '../zset/row-match.ts'
import { RowTable } from '../zset/row-table.ts'
import { SlotIndex } from '../zset/slot-index.ts'
import type { ZBatch } from '../zset/z-batch.ts'

/** A batch with its keys hashed, and how to compare them with an arrangement's. */
export interface Probe {
  readonly batch: ZBatch
  readonly hashes: Int32Array
  readonly matcher: RowMatcher
}

export interface Pairs {
  /** Rows of the batch. */
  readonly rows: Int32Array
  /** Slots of the arrangement. */
  readonly slots: Int32Array
  /** Products of both weights. */
  readonly weights: Float64Array
}

/** Every pair of a row of the batch and a row of the arrangement with the same key. */
export function probePairs(arrangement: Arrangement, { batch, hashes, matcher }: Probe): Pairs {
  const rows = new IntList()
  const slots = new IntList()
  const weights = new NumberList()
  const match = matcher(arrangement.table, batch.lanes)
  const links = arrangement.links
  for (let row = 0; row < batch.count; row += 1) {
    let slot = arrangement.first(hashes[row] as number, match, row)
    while (slot >= 0) {
      rows.push(row)
      slots.push(slot)
      weights.push((batch.weights[row] as number) * (links[slot * LINK.STRIDE + LINK.WEIGHT] as number))
      slot = links[slot * LINK.STRIDE + LINK.NEXT] as number
    }
  }
  return { rows: rows.values(), slots: slots.values(), weights: weights.values() }
}

/** 1 for each of the given rows whose key the arrangement holds. */
export function probePresence(arrangement: Arrangement, { batch, hashes, matcher }: Probe, rows: Int32Array): Uint8Array {
  const present = new Uint8Array(rows.length)
  const match = matcher(arrangement.table, batch.lanes)
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at] as number
    present[at] = arrangement.first(hashes[row] as number, match, row) >= 0 ? 1 : 0
  }
  return present
}

/** One row for each different key of a batch. */
export function firstOfEachKey(batch: ZBatch, hashes: Int32Array, keyColumns: readonly number[]): Int32Array {
  const keyLanes = keyColumns.map((column) => batch.lanes[column]).filter((lane) => lane !== undefined)
  const layouts = keyLanes.map((lane) => lane.layout)
  const columns = keyLanes.map((_, at) => at)
  const table = new RowTable(layouts)
  table.admit(keyLanes, batch.count)
  const match = compileMatcher({ layouts, storedColumns: columns, laneColumns: columns }, 'grouping')(table, keyLanes)
  const index = new SlotIndex()
  const rows = new IntList()
  for (let row = 0; row < batch.count; row += 1) {
    const hash = hashes[row] as number
    if (index.find(hash, match, row) >= 0) continue
    const slot = table.allocate()
    table.put(slot, keyLanes, row)
    index.add(hash, slot)
    rows.push(row)
  }
  return rows.values()
}
