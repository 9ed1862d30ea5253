/**
 * Opens the file, for the one writer or for a reader, and refuses what is not a store of a known form
 * before anything is written to it.
 */
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describeError, MillraceError } from '@millrace/base'
import { rowChecksum } from './checksum.ts'
import { asStoreError } from './store-error.ts'
import { APPLICATION_ID, CREATE_TABLES, FORMAT_VERSION } from './tables.ts'

/** How long a statement waits for a lock: only a checkpoint, a backup's end or recovery ever holds one. */
export const BUSY_MS_LIMIT = 10_000
/** The write-ahead file is cut back to this once its pages are in the store. */
const WAL_KEPT_BYTES_LIMIT = 64 << 20

export interface WriterOptions {
  readonly path: string
  /** For a new store. */
  readonly id: string
  readonly nowMs: number
  /** The file does not grow beyond this many bytes. */
  readonly bytesLimit: number | undefined
}

export function connectWriter({ path, id, nowMs, bytesLimit }: WriterOptions): DatabaseSync {
  return opened(path, false, (db) => {
    if (isEmpty(db)) {
      db.exec('pragma journal_mode = wal')
      db.exec('pragma synchronous = full')
      create(db, id, nowMs)
    }
    checkForm(db, path)
    db.exec('pragma journal_mode = wal')
    db.exec('pragma synchronous = full')
    db.exec('pragma wal_autocheckpoint = 0')
    db.exec(`pragma journal_size_limit = ${WAL_KEPT_BYTES_LIMIT}`)
    db.exec('pragma cache_size = -32768')
    if (bytesLimit !== undefined) db.exec(`pragma max_page_count = ${Math.floor(bytesLimit / pageBytes(db))}`)
  })
}

export function connectReader(path: string): DatabaseSync {
  if (!existsSync(path)) throw new MillraceError('STORE_NOT_FOUND', { details: { path } })
  return opened(path, true, (db) => {
    if (isEmpty(db)) throw new MillraceError('STORE_NOT_FOUND', { details: { path } })
    checkForm(db, path)
    db.exec('pragma query_only = on')
  })
}

/** Prepares what a user of the connection needs; where the tables are not as they must be, it closes it. */
export function prepared<Result>(db: DatabaseSync, path: string, prepare: () => Result): Result {
  try {
    return prepare()
  } catch (error) {
    db.close()
    throw new MillraceError('STORE_CORRUPT', { cause: error, details: { path, what: describeError(error) } })
  }
}

/** The value of a pragma that answers with one number. */
export function pragmaNumber(db: DatabaseSync, name: string): number {
  return Object.values(db.prepare(`pragma ${name}`).get() as Record<string, number>)[0] as number
}

export function pageBytes(db: DatabaseSync): number {
  return pragmaNumber(db, 'page_size')
}

function opened(path: string, readOnly: boolean, prepare: (db: DatabaseSync) => void): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path, { readOnly, timeout: BUSY_MS_LIMIT, enableDoubleQuotedStringLiterals: false })
    // A cell that claims more than its page holds is found when the page is read.
    db.exec('pragma cell_size_check = on')
    prepare(db)
    return db
  } catch (error) {
    db?.close()
    throw asStoreError(error, path)
  }
}

function isEmpty(db: DatabaseSync): boolean {
  return pragmaNumber(db, 'application_id') === 0 && pragmaNumber(db, 'user_version') === 0 && pragmaNumber(db, 'schema_version') === 0
}

function create(db: DatabaseSync, id: string, nowMs: number): void {
  db.exec('begin immediate')
  db.exec(CREATE_TABLES)
  db.prepare('insert into store_meta (id, created_ms, cut, catalog, streams, checksum) values (?, ?, 0, 0, 0, ?)').run(
    id,
    nowMs,
    rowChecksum('meta', [id, nowMs, 0, 0, 0]),
  )
  db.exec(`pragma application_id = ${APPLICATION_ID}`)
  db.exec(`pragma user_version = ${FORMAT_VERSION}`)
  db.exec('commit')
}

function checkForm(db: DatabaseSync, path: string): void {
  if (pragmaNumber(db, 'application_id') !== APPLICATION_ID) throw new MillraceError('STORE_FOREIGN', { details: { path } })
  const found = pragmaNumber(db, 'user_version')
  if (found !== FORMAT_VERSION) throw new MillraceError('STORE_VERSION_UNKNOWN', { details: { path, found, known: FORMAT_VERSION } })
}
