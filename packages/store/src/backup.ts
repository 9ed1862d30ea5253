/**
 * Copies a store while it is written to, from this process or another. The copy is of one moment: the
 * connection holds a read transaction, so nothing that is committed meanwhile starts the copy anew. It
 * appears under its name only when it is whole, proven and synced (law 7).
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { describeError, MillraceError } from '@millrace/base'
import { connectReader } from './connection.ts'
import { asStoreError } from './store-error.ts'
import { type StoreProof, verifyStore } from './verify.ts'

export interface BackupOptions {
  readonly onProgress?: (progress: { readonly copiedPages: number; readonly totalPages: number }) => void
}

export interface BackupSummary extends StoreProof {
  readonly path: string
}

/** Pages between two reports of progress: 16 MiB. */
const STEP_PAGES = 4096

/** Raises BACKUP_EXISTS rather than overwrite, and BACKUP_INVALID if the copy does not hold. */
export async function backupStore(path: string, target: string, options: BackupOptions = {}): Promise<BackupSummary> {
  if (existsSync(target)) throw new MillraceError('BACKUP_EXISTS', { details: { path: target } })
  const partial = `${target}.partial`
  try {
    mkdirSync(dirname(target), { recursive: true })
    removeDatabase(partial)
    await copyMoment(path, partial, options)
    intoOneFile(partial)
    const proof = await provenCopy(partial, target)
    syncFile(partial)
    renameSync(partial, target)
    syncFolderOf(target)
    return { ...proof, path: target }
  } catch (error) {
    removeDatabase(partial)
    throw asStoreError(error, path)
  }
}

/** A copy that fails its proof is told as the backup's failure. */
export async function provenCopy(copy: string, name: string): Promise<StoreProof> {
  try {
    return await verifyStore(copy)
  } catch (error) {
    throw new MillraceError('BACKUP_INVALID', {
      cause: error,
      details: { path: name, what: error instanceof MillraceError ? error.message : describeError(error) },
    })
  }
}

/** Removes a database with what SQLite keeps beside it. */
export function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) if (existsSync(`${path}${suffix}`)) rmSync(`${path}${suffix}`)
}

export function syncFile(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** A rename is durable once its folder is synced; Windows cannot, and need not. */
export function syncFolderOf(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

async function copyMoment(path: string, target: string, { onProgress }: BackupOptions): Promise<void> {
  const db = connectReader(path)
  try {
    db.exec('begin')
    db.prepare('select cut from store_meta').get()
    await backup(db, target, {
      rate: STEP_PAGES,
      progress: ({ totalPages, remainingPages }) => onProgress?.({ copiedPages: totalPages - remainingPages, totalPages }),
    })
    db.exec('rollback')
  } finally {
    db.close()
  }
}

/** Out of write-ahead mode, so that the copy is one file and can be read where nothing can be written. */
function intoOneFile(path: string): void {
  const db = new DatabaseSync(path)
  try {
    db.exec('pragma journal_mode = delete')
  } finally {
    db.close()
  }
}
