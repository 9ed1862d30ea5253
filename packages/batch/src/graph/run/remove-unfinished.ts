/** Files that a killed run was writing: no version names them, and nobody will finish them. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { removeFiles } from './remove-files.ts'

export interface Unfinished {
  /** The graph's folder. */
  readonly folder: string
  /** A run whose process is gone. */
  readonly run: number
  readonly named: ReadonlySet<string>
}

export function removeUnfinished({ folder, run, named }: Unfinished): void {
  if (!existsSync(join(folder, 'versions'))) return
  for (const model of readdirSync(join(folder, 'versions')))
    for (const entry of readdirSync(join(folder, 'versions', model), { withFileTypes: true })) {
      if (!entry.name.startsWith(`${run}-`)) continue
      const path = `versions/${model}/${entry.name}`
      const files = entry.isDirectory() ? filesBelow(folder, path) : [path]
      removeFiles(
        folder,
        files.filter((file) => !named.has(file)),
      )
    }
}

function filesBelow(folder: string, path: string): string[] {
  return readdirSync(join(folder, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}
