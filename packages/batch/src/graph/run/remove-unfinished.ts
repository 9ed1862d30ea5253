/** Files that a killed run was writing: no version names them, and nobody will finish them. */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

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
    for (const file of readdirSync(join(folder, 'versions', model))) {
      const path = `versions/${model}/${file}`
      if (file.startsWith(`${run}-`) && !named.has(path)) rmSync(join(folder, path))
    }
}
