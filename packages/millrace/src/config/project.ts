import { MillraceError } from '@millrace/base'
import type { ProjectConfig } from '@millrace/core'
import { type GraphModel, readModels, type SeedFile } from '@millrace/batch/graph'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
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
  /** Those that are kept live. */
  readonly models: readonly ModelFile[]
  /** Those that are computed in batch. */
  readonly batch: readonly GraphModel[]
  readonly seeds: readonly SeedFile[]
  /** What is wrong with names and headers of files. */
  readonly problems: readonly MillraceError[]
  readonly storePath: string
}

/** Raises all that is wrong with names and headers at once. */
export async function loadProject(folder: string): Promise<Project> {
  const project = await readProject(folder)
  const [first, ...others] = project.problems
  if (first === undefined) return project
  throw others.length === 0 ? first : new AggregateError(project.problems, 'The files of models are not valid.')
}

/** As `loadProject`, for those who tell of problems together with whatever else is wrong. */
export async function readProject(folder: string): Promise<Project> {
  readEnvironmentFile(folder)
  const config = await loadConfig(folder)
  const { models, seeds, errors } = readModels(folder, config.graph?.folders)
  const isLive = ({ settings }: GraphModel): boolean => settings.materialize === 'live' && settings.disabled === null
  const live = models.filter(isLive)
  const qualified = live.filter(({ name }) => name.includes('.'))
  return {
    folder,
    config,
    models: live.map(({ name, sql, file }) => ({ name, sql, file })),
    batch: models.filter((model) => !isLive(model)),
    seeds,
    problems: [...errors, ...qualified.map(liveNameError)],
    storePath: resolve(folder, config.store ?? '.millrace/store.db'),
  }
}

function liveNameError({ name, file }: GraphModel): MillraceError {
  return new MillraceError('CONFIG_INVALID', {
    details: { file, problem: `'${name}' cannot name a live model`, place: 'the file name: lower-case letters, digits and _' },
  })
}

/** `.env` beside the config, for secrets on a developer's machine; what is set already stays. */
function readEnvironmentFile(folder: string): void {
  const path = join(folder, '.env')
  if (existsSync(path)) process.loadEnvFile(path)
}
