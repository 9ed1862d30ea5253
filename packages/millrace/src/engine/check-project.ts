import type { MillraceError } from '@millrace/base'
import type { LogReader } from '@millrace/core'
import { type BoundModel, bindModels } from '@millrace/sql'
import { openReader } from '@millrace/store'
import { existsSync } from 'node:fs'
import type { Project } from '../config/project.ts'
import { type Readable, readableModels } from './readable-models.ts'
import { type Discovered, discoverStreams } from './discover-streams.ts'

export interface CheckedProject extends Discovered {
  readonly models: readonly BoundModel[]
  /** All that is wrong with the models, at once. */
  readonly errors: readonly MillraceError[]
  readonly readable: Readable
}

/** Asks the sources for their tables and binds every model to them. Changes nothing anywhere. */
export async function checkProject(project: Project): Promise<CheckedProject> {
  const reader = existsSync(project.storePath) ? openReader(project.storePath) : null
  try {
    return await bindProject(project, reader)
  } finally {
    reader?.close()
  }
}

export async function bindProject(project: Project, reader: LogReader | null): Promise<CheckedProject> {
  const discovered = await discoverStreams(project, reader)
  const { bound, errors } = await bindModels({ models: project.models, streams: discovered.streams })
  // Where a model does not bind, what is said of reading it would be an error that only follows from that.
  const readable = errors.length > 0 ? { models: [], endpoints: [] } : await readableModels(project.config, bound)
  return { ...discovered, models: bound, errors, readable }
}
