import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { MillraceError } from '@millrace/base'
import { rowChecksum } from './checksum.ts'

/** The one row about the whole store. */
export interface Meta {
  readonly id: string
  readonly created_ms: number
  /** The newest cut. */
  readonly cut: number
  /** Grows with every change of a stream or a schema, so that readers know when to read them again. */
  readonly catalog: number
  readonly streams: number
}

export class MetaTable {
  readonly #path: string
  readonly #select: StatementSync
  readonly #update: StatementSync

  constructor(db: DatabaseSync, path: string) {
    this.#path = path
    this.#select = db.prepare('select * from store_meta')
    this.#update = db.prepare('update store_meta set cut = ?, catalog = ?, streams = ?, checksum = ?')
  }

  read(): Meta {
    const rows = this.#select.all() as unknown as (Meta & { checksum: number })[]
    const row = rows[0]
    if (row === undefined || rows.length !== 1 || row.checksum !== checksumOf(row)) {
      throw new MillraceError('STORE_CORRUPT', {
        details: { path: this.#path, what: 'the record of its newest cut does not match its checksum' },
      })
    }
    return row
  }

  write(meta: Meta): void {
    this.#update.run(meta.cut, meta.catalog, meta.streams, checksumOf(meta))
  }
}

function checksumOf({ id, created_ms: createdMs, cut, catalog, streams }: Meta): number {
  return rowChecksum('meta', [id, createdMs, cut, catalog, streams])
}
