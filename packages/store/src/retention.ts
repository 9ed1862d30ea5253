import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { StreamInfo } from '@millrace/core'
import type { BatchRow } from './batch-row.ts'
import { PartitionTable } from './partition-table.ts'

/** What one transaction of retention drops at most, so that commits are not kept waiting behind it. */
const STEP_BATCHES_LIMIT = 128
const STEP_BYTES_LIMIT = 32 << 20

export interface RetentionStep {
  readonly batches: number
  readonly bytes: number
  /** True while there may be more to drop. */
  readonly more: boolean
}

/** Drops whole visible batches from the old end of each partition. */
export class Retention {
  readonly #partitions: PartitionTable
  readonly #oldest: StatementSync
  readonly #dropBatch: StatementSync
  readonly #dropBody: StatementSync

  constructor(db: DatabaseSync, path: string) {
    this.#partitions = new PartitionTable(db, path)
    this.#oldest = db.prepare(`select * from store_batch where stream_id = ? and partition = ? order by first limit ${STEP_BATCHES_LIMIT}`)
    this.#dropBatch = db.prepare('delete from store_batch where stream_id = ? and partition = ? and first = ?')
    this.#dropBody = db.prepare('delete from store_body where id = ?')
  }

  step(stream: StreamInfo, beforeMs: number): RetentionStep {
    let batches = 0
    let bytes = 0
    for (let partition = 0; partition < stream.partitions; partition += 1) {
      const rows = this.#oldest.all(stream.id, partition) as unknown as BatchRow[]
      for (const row of rows) {
        if (row.committed_ms >= beforeMs) break
        if (batches === STEP_BATCHES_LIMIT || bytes >= STEP_BYTES_LIMIT) return { batches, bytes, more: true }
        this.#drop(row)
        batches += 1
        bytes += row.stored_bytes
      }
    }
    return { batches, bytes, more: batches === STEP_BATCHES_LIMIT }
  }

  #drop(row: BatchRow): void {
    const extent = this.#partitions.read(row.stream_id, row.partition)
    this.#dropBatch.run(row.stream_id, row.partition, row.first)
    this.#dropBody.run(row.body_id)
    this.#partitions.write({ ...extent, first: row.first + row.count, bytes: extent.bytes - row.stored_bytes, dropped_cut: row.cut })
  }
}
