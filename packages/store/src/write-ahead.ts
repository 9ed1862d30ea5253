/**
 * Keeps the write-ahead file bounded. Its pages are moved into the store after commits were answered,
 * never inside one. As long as some reader stands on an old page the file cannot start over; past the
 * limit the writer waits for that reader, for a bounded time, and tries again after later commits.
 */
import type { DatabaseSync } from 'node:sqlite'
import { BUSY_MS_LIMIT, pageBytes } from './connection.ts'

/** Pages are moved once about so many bytes have gathered. */
const GATHERED_BYTES_LIMIT = 16 << 20
/** Pages that a commit writes beside its own bytes, roughly. */
const COMMIT_BYTES = 32 << 10
/** Beyond this, readers are waited for. */
const FILE_BYTES_LIMIT = 256 << 20
const READER_WAIT_MS_LIMIT = 250

export class WriteAhead {
  readonly #db: DatabaseSync
  readonly #pageBytes: number
  #gatheredBytes = 0

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#pageBytes = pageBytes(db)
  }

  /** To be told after each commit how much it wrote. */
  keepBounded(writtenBytes: number): void {
    this.#gatheredBytes += writtenBytes + COMMIT_BYTES
    if (this.#gatheredBytes < GATHERED_BYTES_LIMIT) return
    this.#gatheredBytes = 0
    if (this.#move('passive') < FILE_BYTES_LIMIT) return
    this.#db.exec(`pragma busy_timeout = ${READER_WAIT_MS_LIMIT}`)
    this.#move('restart')
    this.#db.exec(`pragma busy_timeout = ${BUSY_MS_LIMIT}`)
  }

  /** Leaves one file behind. */
  finish(): void {
    this.#move('truncate')
  }

  /**
   * Returns the bytes that the file holds. A disk that is full or fails only leaves the pages where they
   * are, which loses nothing; a commit that needs room meets the same and tells its caller.
   */
  #move(mode: 'passive' | 'restart' | 'truncate'): number {
    try {
      const { log } = this.#db.prepare(`pragma wal_checkpoint(${mode})`).get() as { log: number }
      return log * this.#pageBytes
    } catch {
      return 0
    }
  }
}
