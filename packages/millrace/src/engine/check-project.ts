import { MillraceError } from '@millrace/base'
import type { LogReader, StreamDefinition } from '@millrace/core'
import type { BindResult, BoundModel } from '@millrace/sql'
import { openReader } from '@millrace/store'
import { existsSync } from 'node:fs'
import type { Project } from '../config/project.ts'
import { checkBatch, type CheckedBatch } from './check-batch.ts'
import { type Readable, readableModels } from './readable-models.ts'
import { type Discovered, discoverStreams } from './discover-streams.ts'
import { withWatermarks } from './watermarks.ts'

export interface CheckedProject extends Discovered {
  readonly models: readonly BoundModel[]
  /** All that is wrong with the live models, at once. */
  readonly errors: readonly MillraceError[]
  readonly readable: Readable
}

export interface CheckedWhole extends CheckedProject {
  readonly batch: CheckedBatch
}

/** Asks the sources for their tables and binds every live model to them. Changes nothing anywhere. */
export async function checkProject(project: Project): Promise<CheckedProject> {
  const reader = existsSync(project.storePath) ? openReader(project.storePath) : null
  try {
    return await bindProject(project, reader)
  } finally {
    reader?.close()
  }
}

/** As `checkProject`, with the batch models, and with all that is wrong of both. */
export async function checkWhole(project: Project): Promise<CheckedWhole> {
  const checked = await checkProject(project).catch((error: unknown) => checkStored(project, error))
  const batch = await checkBatch(project, [...checked.streams, ...checked.models])
  const errors = [...project.problems, ...checked.errors.map((error) => readsBatch(project, error)), ...batch.errors]
  return { ...checked, errors, batch }
}

export async function bindProject(project: Project, reader: LogReader | null): Promise<CheckedProject> {
  const discovered = await discoverStreams(project, reader)
  const { bound, errors } = await bindLive(project, discovered.streams)
  // Where a model does not bind, what is said of reading it would be an error that only follows from that.
  const readable = errors.length > 0 ? { models: [], endpoints: [] } : await readableModels(project.config, bound)
  return { ...discovered, models: bound, errors, readable }
}

/** DuckDB and the compiler are loaded only where there is something to bind. */
async function bindLive(project: Project, discovered: readonly StreamDefinition[]): Promise<BindResult> {
  const streams = withWatermarks(project, discovered)
  if (project.models.length === 0) return { bound: [], errors: [] }
  const { bindModels } = await import('@millrace/sql')
  return bindModels({ models: project.models, streams })
}

/** Where no source can be asked because its secret is not at hand, what the log holds of it is enough. */
async function checkStored(project: Project, error: unknown): Promise<CheckedProject> {
  const isSecret = error instanceof MillraceError && error.code === 'CONFIG_SECRET_MISSING'
  if (!isSecret || !existsSync(project.storePath)) throw error
  const reader = openReader(project.storePath)
  try {
    const streams = reader.streams().filter(({ kind }) => kind === 'table')
    const { bound, errors } = await bindLive(project, streams)
    return { streams, models: bound, errors, unreachable: [error], readable: { models: [], endpoints: [] } }
  } finally {
    reader.close()
  }
}

/** A live model can't read what tells no changes; binding it only says that there is no such name. */
function readsBatch(project: Project, error: MillraceError): MillraceError {
  const missing = /^there is no stream or model ([\w.]+)/.exec(String(error.details['problem']))?.[1]
  const read = project.batch.find(({ name }) => name === missing || name.endsWith(`.${missing}`))
  if (error.code !== 'SQL_BIND' || read === undefined) return error
  const { model, file } = error.details
  return new MillraceError('MODEL_READS_BATCH', {
    details: { model, file, input: read.name },
    ...(error.frame === undefined ? {} : { frame: error.frame }),
  })
}
