import type { LogReader } from '@millrace/core'
import { type BoundModel, bindModels } from '@millrace/sql'
import type { Project } from '../config/project.ts'

/** Binds the project's models to the streams that the log holds, without asking any source. */
export async function bindStored(project: Project, reader: LogReader): Promise<readonly BoundModel[]> {
  const streams = reader.streams().filter((stream) => stream.kind === 'table')
  const { bound, errors } = await bindModels({ models: project.models, streams })
  if (errors.length > 0) throw new AggregateError(errors, 'The models do not bind.')
  return bound
}
