import { removeDatabase } from './backup.ts'
import { StoreLock } from './store-lock.ts'

/** Removes a store with all that it holds. Raises STORE_IN_USE while a process writes to it: its file would live on without a name. */
export function removeStore(path: string): void {
  const lock = new StoreLock(path)
  try {
    removeDatabase(path)
  } finally {
    lock.release()
  }
}
