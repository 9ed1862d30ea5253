/** Which files are there: those that a pattern names, and what lies beside a file. */
import { readdir, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { objectPattern } from '../files/object/object-pattern.ts'

export interface FoundLog {
  readonly path: string
  readonly inode: string
  readonly size: number
  readonly modifiedMs: number
}

/** Files that are looked at in one poll; more are a mistake in the pattern. */
export const FILES_MAX = 10_000

export async function findLogs(folder: string, files: string | readonly string[]): Promise<FoundLog[]> {
  const found = new Map<string, FoundLog>()
  for (const text of typeof files === 'string' ? [files] : files) {
    const absolute = isAbsolute(text) ? text : resolve(folder, text)
    const fixed = objectPattern(absolute).prefix
    const base = fixed === absolute ? dirname(absolute) : fixed.slice(0, fixed.lastIndexOf('/') + 1)
    const pattern = objectPattern(relative(base, absolute).split(sep).join('/'))
    for (const log of await below(base, (key) => pattern.fits(key), absolute.includes('/**') || pattern.text.includes('/'))) {
      if (found.size < FILES_MAX) found.set(log.path, log)
    }
  }
  return [...found.values()].toSorted((left, right) => left.modifiedMs - right.modifiedMs || (left.path < right.path ? -1 : 1))
}

/** Everything in the same folder: where a rotated file is to be found. */
export function besides(path: string): Promise<FoundLog[]> {
  return below(dirname(path), () => true, false)
}

export async function lookAt(path: string): Promise<FoundLog | null> {
  try {
    const facts = await stat(path, { bigint: true })
    if (!facts.isFile()) return null
    return { path, inode: `${facts.dev}-${facts.ino}`, size: Number(facts.size), modifiedMs: Number(facts.mtimeNs / 1_000_000n) }
  } catch {
    return null
  }
}

async function below(base: string, fits: (key: string) => boolean, isDeep: boolean): Promise<FoundLog[]> {
  const entries = await readdir(base, { withFileTypes: true, recursive: isDeep }).catch(() => [])
  const logs: FoundLog[] = []
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory() || !fits(relative(base, path).split(sep).join('/'))) continue
    const log = await lookAt(path)
    if (log !== null) logs.push(log)
  }
  return logs
}
