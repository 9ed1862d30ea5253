/** Puts a backup in a store's place: proven before, copied, proven after, and nothing is overwritten (law 7). */
import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Clock, MillraceError, systemClock } from '@millrace/base'
import { provenCopy, removeDatabase, syncFile, syncFolderOf } from './backup.ts'
import { asStoreError } from './store-error.ts'
import { StoreLock } from './store-lock.ts'
import type { StoreProof } from './verify.ts'

export interface RestoreSummary extends StoreProof {
  readonly path: string
  /** Where the store that was there before now is; null if there was none. */
  readonly replaced: string | null
}

export interface RestoreOptions {
  readonly clock?: Clock
}

/** Raises BACKUP_INVALID, and STORE_IN_USE while a process writes to the target. */
export async function restoreBackup(backup: string, target: string, { clock = systemClock }: RestoreOptions = {}): Promise<RestoreSummary> {
  if (!existsSync(backup)) throw new MillraceError('BACKUP_INVALID', { details: { path: backup, what: 'there is no such file' } })
  const partial = `${target}.restoring`
  let lock: StoreLock | undefined
  try {
    mkdirSync(dirname(target), { recursive: true })
    lock = new StoreLock(target)
    const before = await provenCopy(backup, backup)
    removeDatabase(partial)
    copyFileSync(backup, partial)
    syncFile(partial)
    const after = await provenCopy(partial, backup)
    if (JSON.stringify(after) !== JSON.stringify(before)) {
      throw new MillraceError('BACKUP_INVALID', { details: { path: backup, what: 'its copy reads differently' } })
    }
    const replaced = setAside(target, clock)
    renameSync(partial, target)
    syncFolderOf(target)
    return { ...after, path: target, replaced }
  } catch (error) {
    removeDatabase(partial)
    throw asStoreError(error, target)
  } finally {
    lock?.release()
  }
}

/** The store that was there keeps its changes: its write-ahead file goes with it. */
function setAside(target: string, clock: Clock): string | null {
  if (!existsSync(target)) return null
  const stamp = new Date(clock.nowMs()).toISOString().replaceAll(/[:.]/g, '-')
  const aside = `${target}.replaced-${stamp}`
  for (const suffix of ['-wal', '-shm', '']) if (existsSync(`${target}${suffix}`)) renameSync(`${target}${suffix}`, `${aside}${suffix}`)
  return aside
}
