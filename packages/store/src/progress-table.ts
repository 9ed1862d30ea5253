import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { MillraceError } from '@millrace/base'
import type { SourceProgress } from '@millrace/core'
import { rowChecksum } from './checksum.ts'

interface ProgressRow {
  readonly source: string
  readonly transaction_position: number
  readonly state: string
  readonly checksum: number
}

export class ProgressTable {
  readonly #path: string
  readonly #select: StatementSync
  readonly #write: StatementSync

  constructor(db: DatabaseSync, path: string) {
    this.#path = path
    this.#select = db.prepare('select * from store_progress')
    this.#write = db.prepare('insert or replace into store_progress values (?, ?, ?, ?)')
  }

  read(source: string): SourceProgress | null {
    // There are few sources, and all are read: a name that is damaged must not look like a source that was never read.
    const rows = this.#select.all() as unknown as ProgressRow[]
    if (rows.some((row) => row.checksum !== checksumOf(row.source, row.transaction_position, row.state))) {
      throw new MillraceError('STORE_CORRUPT', {
        details: { path: this.#path, what: 'the progress of a source does not match its checksum' },
      })
    }
    const row = rows.find((candidate) => candidate.source === source)
    if (row === undefined) return null
    return { source, transaction: row.transaction_position, state: JSON.parse(row.state) as Record<string, unknown> }
  }

  write({ source, transaction, state }: SourceProgress): void {
    const text = JSON.stringify(state)
    this.#write.run(source, transaction, text, checksumOf(source, transaction, text))
  }
}

function checksumOf(source: string, transaction: number, state: string): number {
  return rowChecksum('progress', [source, transaction, state])
}
