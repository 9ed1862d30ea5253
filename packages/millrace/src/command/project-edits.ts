import { type FSWatcher, readdirSync, watch } from 'node:fs'
import { join, sep } from 'node:path'
import { CONFIG_FILE } from '../config/load-config.ts'

/** Editors write a file in several steps; an edit is over when nothing has happened for so long. */
const SETTLE_MS = 150

/**
 * Collects edits of the files that make up a project. It watches folders and not files: most editors save by
 * putting a new file in the place of the old one, and a watch of the old one would hear nothing ever after.
 */
export class ProjectEdits {
  readonly #folder: string
  /** By the folder's path from the project; '' is the project itself. */
  readonly #watchers = new Map<string, FSWatcher>()
  #edited: string | null = null
  #editedMs = 0

  constructor(folder: string) {
    this.#folder = folder
    this.#watch('')
    this.#watchModels('models')
  }

  /** The file of a finished edit, once. */
  take(): string | null {
    if (this.#edited === null || performance.now() - this.#editedMs < SETTLE_MS) return null
    const edited = this.#edited
    this.#edited = null
    return edited
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  #watch(part: string): void {
    if (this.#watchers.has(part)) return
    try {
      const watcher = watch(join(this.#folder, part), (event, name) => this.#heard(part, event, String(name)))
      watcher.on('error', () => this.#forget(part))
      this.#watchers.set(part, watcher)
    } catch {
      // It is gone again already; should it come back, the folder above tells.
    }
  }

  #watchModels(part: string): void {
    this.#watch(part)
    for (const entry of foldersIn(join(this.#folder, part))) this.#watchModels(`${part}/${entry}`)
  }

  #forget(part: string): void {
    this.#watchers.get(part)?.close()
    this.#watchers.delete(part)
  }

  #heard(part: string, event: string, name: string): void {
    const path = part === '' ? name : `${part}/${name}`.replaceAll(sep, '/')
    const isFolder = event === 'rename' && (part === '' ? path === 'models' : !name.includes('.'))
    if (isFolder) this.#folderMoved(path)
    if (!isFolder && path !== CONFIG_FILE && path !== '.env' && !/^models\/.*\.sql$/.test(path)) return
    this.#edited = path
    this.#editedMs = performance.now()
  }

  /** A folder that came, went or was replaced: what was watched under its name may be another one now. */
  #folderMoved(path: string): void {
    for (const part of this.#watchers.keys()) if (part === path || part.startsWith(`${path}/`)) this.#forget(part)
    this.#watchModels(path)
  }
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    return []
  }
}
