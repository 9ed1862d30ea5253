/** What can end the work on one model, by what helps. */
import { describeError, MillraceError } from '@millrace/base'
import { problemOfRun } from '../../query-error.ts'

/**
 * `transient`: it may pass by itself, so it is tried again. `memory`: alone, and through files, it may fit. `disk`: nothing else will do
 * better. `model`: only this one, until it is mended; what SQL or rows do wrong is always of this class.
 */
export type FailureClass = 'transient' | 'memory' | 'disk' | 'model'

/** What a system says where another holds what is needed, or where a connection was lost. */
const TRANSIENT_CODES: ReadonlySet<unknown> = new Set(
  'EAGAIN EBUSY EINTR EMFILE ENFILE ESTALE ETXTBSY ETIMEDOUT ECONNRESET ECONNREFUSED EPIPE'.split(' '),
)
/** SQLite's numbers for a database, and for a table, that another holds. */
const SQLITE_BUSY: ReadonlySet<unknown> = new Set([5, 6])
/** The same from DuckDB, whose complaints about SQL and rows begin otherwise. */
const TRANSIENT_IO =
  /^IO Error: [^\n]*(Could not set lock|Resource temporarily unavailable|Resource busy|Text file busy|Too many open files|Interrupted system call|Stale file handle|Connection (reset|refused)|timed out)/i

function isTransient(error: unknown): boolean {
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown }
  if (error instanceof MillraceError) return error.retry === 'backoff'
  return TRANSIENT_CODES.has(code) || (code === 'ERR_SQLITE_ERROR' && SQLITE_BUSY.has(errcode)) || TRANSIENT_IO.test(describeError(error))
}

export function classOfFailure(error: unknown): FailureClass {
  if (isTransient(error)) return 'transient'
  if (error instanceof MillraceError) return 'model'
  const text = describeError(error)
  if (/No space left|ENOSPC|EFBIG|File too large|Disk quota exceeded|EDQUOT|max_temp_directory_size|disk full/i.test(text)) return 'disk'
  return /Out of Memory/i.test(text) ? 'memory' : 'model'
}

/** As it is told to whoever ran it. */
export function failureOf({ name, file, error }: { readonly name: string; readonly file: string; readonly error: unknown }): MillraceError {
  if (error instanceof MillraceError) return error
  const problem = problemOfRun(error)
  if (classOfFailure(error) === 'disk') return new MillraceError('RUN_OUT_OF_DISK', { cause: error, details: { model: name, problem } })
  return new MillraceError('MODEL_FAILED', { cause: error, details: { model: name, file, problem } })
}
