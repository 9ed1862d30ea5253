import type { LogReader } from '@millrace/core'
import { readPublished } from '@millrace/live'
import { type BoundModel, bindModels, type TableDefinition } from '@millrace/sql'
import type { Project } from '../config/project.ts'
import { withWatermarks } from './watermarks.ts'

/** Binds the project's models to the streams that the log holds, without asking any source. */
export async function bindStored(project: Project, reader: LogReader): Promise<readonly BoundModel[]> {
  const streams = reader.streams().filter((stream) => stream.kind === 'table')
  const { bound, errors } = await bindModels({ models: project.models, streams: withWatermarks(project, streams) })
  if (errors.length > 0) throw new AggregateError(errors, 'The models do not bind.')
  return bound
}

/**
 * What the log holds of models that mean something else by now, as they were when they were published. One
 * that does not bind to the streams as they are is left out: its stream stands still until the new one is filled.
 */
export async function bindEarlier(
  reader: LogReader,
  models: readonly BoundModel[],
  streams: readonly TableDefinition[],
): Promise<readonly BoundModel[]> {
  const { models: published } = readPublished(reader)
  const fingerprints = new Map(models.map(({ name, fingerprint }) => [name, fingerprint]))
  const isEdited = published.some(({ name, fingerprint }) => fingerprints.has(name) && fingerprints.get(name) !== fingerprint)
  if (!isEdited) return []
  const { bound } = await bindModels({ models: published, streams })
  return bound
}
