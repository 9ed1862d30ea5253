import type { Batch } from '@millrace/core'
import type { FoldChange } from './fold-change.ts'
import type { FoldStore } from './fold-store.ts'

export interface StreamFold {
  readonly store: FoldStore
  /** Applies batches in their order and tells what changed: rows that went, then rows that came. */
  step(batches: readonly Batch[]): FoldChange
}
