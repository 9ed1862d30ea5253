/**
 * What a source holds of one stream at one position of its own, read beside the running capture: the
 * other side of the proof that the copy here is whole (source = copy).
 */
import type { Batch } from './batch.ts'
import type { LogReader } from './log.ts'
import type { Schema } from './schema.ts'

export interface SourceCopy {
  /** Every transaction before it is in the rows, and none from it on: the number that changes carry. */
  readonly position: number
  /** In the source's own words: `0/16B3748`. */
  readonly place: string
  /** As it would be captured now: without what is excluded, and with what is masked. */
  readonly schema: Schema
  /** Each row once, in any order, as inserts. To be read once. */
  rows(): AsyncIterable<Batch>
  /** True once all transactions before `position` are in the log. */
  isReached(reader: LogReader): boolean
  close(): Promise<void>
}
