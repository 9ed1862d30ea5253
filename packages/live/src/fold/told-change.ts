import type { ZBatch } from '../zset/z-batch.ts'

/** What changed of a stream's rows. */
export interface ToldChange {
  readonly batch: ZBatch
  /** While the rows are being told one after the other: 1 for each row whose turn is over. Null while they are not. */
  readonly told: Uint8Array | null
}
