import { concatBatches, type ZBatch } from '../zset/z-batch.ts'
import type { Layout } from '@millrace/core'

/** A fold's change with the slot of each of its rows. */
export interface FoldChange {
  readonly batch: ZBatch
  readonly slots: Int32Array
}

export const NO_SLOTS = new Int32Array(0)

export function concatChanges(changes: readonly FoldChange[], layouts: readonly Layout[]): FoldChange {
  const filled = changes.filter((change) => change.batch.count > 0)
  const [first, second] = filled
  if (first !== undefined && second === undefined) return first
  const slots = new Int32Array(filled.reduce((sum, change) => sum + change.batch.count, 0))
  let next = 0
  for (const change of filled) {
    slots.set(change.slots.subarray(0, change.batch.count), next)
    next += change.batch.count
  }
  return {
    batch: concatBatches(
      filled.map((change) => change.batch),
      layouts,
    ),
    slots,
  }
}
