import { MillraceError } from '@millrace/base'
import type { ProjectConfig } from '@millrace/core'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { loadConfig } from './load-config.ts'

/** A model as its file holds it. Its name is the file's. */
export interface ModelFile {
  readonly name: string
  readonly sql: string
  /** From the project's folder. */
  readonly file: string
}

export interface Project {
  readonly folder: string
  readonly config: ProjectConfig
  readonly models: readonly ModelFile[]
  readonly storePath: string
}

export async function loadProject(folder: string): Promise<Project> {
  readEnvironmentFile(folder)
  const config = await loadConfig(folder)
  return { folder, config, models: readModels(folder), storePath: resolve(folder, config.store ?? '.millrace/store.db') }
}

function readModels(folder: string): ModelFile[] {
  return globSync('models/**/*.sql', { cwd: folder })
    .sort()
    .map((path) => {
      const name = basename(path, '.sql')
      if (!/^[a-z_][a-z0-9_]*$/.test(name)) {
        throw new MillraceError('CONFIG_INVALID', {
          details: { file: path, problem: `'${name}' cannot name a model`, place: 'the file name: lower-case letters, digits and _' },
        })
      }
      return { name, sql: readFileSync(join(folder, path), 'utf8'), file: relative(folder, join(folder, path)) }
    })
}

/** `.env` beside the config, for secrets on a developer's machine; what is set already stays. */
function readEnvironmentFile(folder: string): void {
  const path = join(folder, '.env')
  if (existsSync(path)) process.loadEnvFile(path)
}
