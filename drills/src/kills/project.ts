import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Load } from './load/load.ts'

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url))

/** Inside the repository, because a config imports `millrace` by name as any user's does. */
export function makeFolder(): string {
  const folder = join(REPOSITORY, '.millrace', 'drills', `kills-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Written anew whenever a load's settings change. */
export function writeConfig(folder: string, loads: readonly Load[]): void {
  const sources = Object.fromEntries(loads.map((load) => [load.source, load.config()]))
  const text = `import { defineProject } from 'millrace'

export default defineProject({ name: 'kills', sources: ${JSON.stringify(sources, null, 2)} })
`
  writeFileSync(join(folder, 'millrace.config.ts'), text)
}
