/**
 * One run at a time in an environment. The lock is SQLite's own on a file beside the catalogue: whoever is
 * killed loses it with the process, so that nothing is ever left locked.
 */
import { MillraceError } from '@millrace/base'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { asGraphFolderError, inGraphFolder } from './graph-folder-error.ts'

const SQLITE_BUSY = 5

/** Raises RUN_IN_PROGRESS, GRAPH_FOLDER_UNUSABLE. What is returned gives the lock back. */
export function lockEnvironment(folder: string, environment: string): () => void {
  const locks = join(folder, 'locks')
  const database = inGraphFolder(folder, () => {
    mkdirSync(locks, { recursive: true })
    return new DatabaseSync(join(locks, `${encodeURIComponent(environment)}.lock`))
  })
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if ((error as { readonly errcode?: number }).errcode !== SQLITE_BUSY) throw asGraphFolderError(error, folder)
    throw new MillraceError('RUN_IN_PROGRESS', { details: { environment } })
  }
  return () => database.close()
}
