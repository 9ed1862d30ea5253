/**
 * One writer over all processes. The lock is an exclusive transaction on a file of its own beside the
 * store, which the system releases however the process ends. The holder's number is in a plain file
 * next to it, for people; it proves nothing and may be stale.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { MillraceError } from '@millrace/base'
import { asStoreError, isBusy } from './store-error.ts'

export class StoreLock {
  readonly #path: string
  readonly #db: DatabaseSync

  /** Raises STORE_IN_USE while another process, or another store of this one, holds it. */
  constructor(path: string) {
    this.#path = path
    try {
      this.#db = new DatabaseSync(lockPath(path), { timeout: 0 })
    } catch (error) {
      throw asStoreError(error, path)
    }
    try {
      this.#db.exec('pragma journal_mode = memory')
      this.#db.exec('begin exclusive')
      writeFileSync(holderPath(path), `${process.pid}\n`)
    } catch (error) {
      this.#db.close()
      if (!isBusy(error)) throw asStoreError(error, path)
      throw new MillraceError('STORE_IN_USE', { cause: error, details: { path, holder: holderText(path) } })
    }
  }

  release(): void {
    rmSync(holderPath(this.#path), { force: true })
    this.#db.close()
  }
}

/** The process that took the lock last, as it says itself. */
function holderText(path: string): string {
  try {
    return `process ${Number.parseInt(readFileSync(holderPath(path), 'utf8'), 10)}`
  } catch {
    return 'another process'
  }
}

/** The file must be opened by SQLite alone: closing it otherwise would drop the process's lock. */
function lockPath(path: string): string {
  return `${path}.lock`
}

function holderPath(path: string): string {
  return `${path}.pid`
}
