import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { MillraceError } from '@millrace/base'
import { rowChecksum } from './checksum.ts'

/** What is kept of one partition of one stream. */
export interface PartitionRow {
  readonly stream_id: number
  readonly partition: number
  readonly first: number
  readonly next: number
  readonly bytes: number
  /** The newest cut that retention took something from; whoever reads on from before it has missed changes. */
  readonly dropped_cut: number
}

export class PartitionTable {
  readonly #path: string
  readonly #select: StatementSync
  readonly #write: StatementSync

  constructor(db: DatabaseSync, path: string) {
    this.#path = path
    this.#select = db.prepare('select * from store_partition where stream_id = ? and partition = ?')
    this.#write = db.prepare('insert or replace into store_partition values (?, ?, ?, ?, ?, ?, ?)')
  }

  read(streamId: number, partition: number): PartitionRow {
    const row = this.#select.get(streamId, partition) as (PartitionRow & { checksum: number }) | undefined
    if (row === undefined || row.checksum !== checksumOf(row)) {
      const what = `the record of partition ${partition} of stream ${streamId} does not match its checksum`
      throw new MillraceError('STORE_CORRUPT', { details: { path: this.#path, what } })
    }
    return row
  }

  exists(streamId: number, partition: number): boolean {
    return this.#select.get(streamId, partition) !== undefined
  }

  write(row: PartitionRow): void {
    this.#write.run(row.stream_id, row.partition, row.first, row.next, row.bytes, row.dropped_cut, checksumOf(row))
  }
}

function checksumOf(row: PartitionRow): number {
  return rowChecksum('partition', [row.stream_id, row.partition, row.first, row.next, row.bytes, row.dropped_cut])
}
