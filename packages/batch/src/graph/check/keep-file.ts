/**
 * Writes a file that only spares work the next time, whole or not at all. Where it cannot be written, on a full disk or
 * in a folder that is only to be read, a check is no less true without it.
 */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export function keepFile(path: string, text: string): void {
  const draft = `${path}.${process.pid}`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(draft, text)
    renameSync(draft, path)
  } catch {
    if (existsSync(draft)) rmSync(draft)
  }
}
