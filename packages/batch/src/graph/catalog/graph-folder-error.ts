/** What a full disk, a folder without rights or a damaged catalogue do to a command, told as such. */
import { describeError, MillraceError } from '@millrace/base'

/** SQLite's primary numbers: no rights, read-only, I/O, damaged, full, cannot be opened, not a database. */
const SQLITE: ReadonlySet<number> = new Set([3, 8, 10, 11, 13, 14, 26])
const SYSTEM: ReadonlySet<unknown> = new Set('ENOSPC EDQUOT EROFS EACCES EPERM EIO EFBIG ENOTDIR EEXIST'.split(' '))

export function asGraphFolderError(error: unknown, folder: string): unknown {
  const { code, errcode = 0 } = (error ?? {}) as { readonly code?: unknown; readonly errcode?: number }
  const isOfSqlite = code === 'ERR_SQLITE_ERROR' && SQLITE.has(errcode & 0xff)
  if (error instanceof MillraceError || !(isOfSqlite || SYSTEM.has(code))) return error
  return new MillraceError('GRAPH_FOLDER_UNUSABLE', { cause: error, details: { folder, problem: describeError(error) } })
}

/** Raises GRAPH_FOLDER_UNUSABLE. */
export function inGraphFolder<Result>(folder: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw asGraphFolderError(error, folder)
  }
}
