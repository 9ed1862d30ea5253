import { AssertionError, type ErrorCode, type ErrorDetails, MillraceError } from '@millrace/base'

/** SQLite's primary result codes that mean something to an operator. */
const SQLITE = {
  PERMISSION: 3,
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IO: 10,
  CORRUPT: 11,
  FULL: 13,
  CANNOT_OPEN: 14,
  NOT_A_DATABASE: 26,
} as const

interface SqliteError extends Error {
  readonly errcode: number
  readonly errstr: string
}

/** What went wrong beneath, told as the store's: an operator's code, or a broken assertion. */
export function asStoreError(error: unknown, path: string): Error {
  if (error instanceof MillraceError || error instanceof AssertionError) return error
  if (isSqliteError(error)) return fromSqlite(error, path)
  const code = (error as NodeJS.ErrnoException | null)?.code
  if (code === 'ENOSPC') return new MillraceError('STORE_DISK_FULL', { cause: error, details: { path } })
  if (code === 'ENOENT') return new MillraceError('STORE_NOT_FOUND', { cause: error, details: { path } })
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return storeIo(error, path, (error as Error).message)
  return error instanceof Error ? error : new AssertionError(String(error))
}

/** Runs a piece of work on the file; whatever it raises is raised as the store's. */
export function guarded<Result>(path: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw asStoreError(error, path)
  }
}

export function isBusy(error: unknown): boolean {
  return isSqliteError(error) && (error.errcode & 0xff) === SQLITE.BUSY
}

function fromSqlite(error: SqliteError, path: string): Error {
  switch (error.errcode & 0xff) {
    case SQLITE.FULL:
      return new MillraceError('STORE_DISK_FULL', { cause: error, details: { path } })
    case SQLITE.CORRUPT:
      return new MillraceError('STORE_CORRUPT', { cause: error, details: { path, what: error.message } })
    case SQLITE.NOT_A_DATABASE:
      return new MillraceError('STORE_FOREIGN', { cause: error, details: { path } })
    case SQLITE.PERMISSION:
    case SQLITE.BUSY:
    case SQLITE.LOCKED:
    case SQLITE.READONLY:
    case SQLITE.IO:
    case SQLITE.CANNOT_OPEN:
      return storeIo(error, path, error.message)
    default:
      return Object.assign(new AssertionError(`a statement on the store is valid: ${error.message}`), { cause: error })
  }
}

function storeIo(cause: unknown, path: string, what: string): MillraceError {
  return new MillraceError('STORE_IO', { cause, details: { path, what } })
}

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'ERR_SQLITE_ERROR' && 'errcode' in error
}

/** An error as it crosses from one thread to another, which keeps no classes. */
export interface CarriedError {
  readonly code: ErrorCode | null
  readonly message: string
  readonly details: ErrorDetails
  readonly cause: string | null
}

export function carried(error: Error): CarriedError {
  const cause = error.cause instanceof Error ? error.cause.message : null
  if (error instanceof MillraceError) return { code: error.code, message: error.message, details: error.details, cause }
  return { code: null, message: error.message, details: {}, cause }
}

export function uncarried({ code, message, details, cause }: CarriedError): Error {
  if (code === null) return new AssertionError(message)
  return new MillraceError(code, { details, ...(cause === null ? {} : { cause: new Error(cause) }) })
}
