import { MillraceError, systemClock } from '@millrace/base'
import type { LogReader, SourceCopy } from '@millrace/core'
import { type CopyProof, proveCopy } from '@millrace/prove'
import type { Project } from '../config/project.ts'
import { doorOf } from './door-of.ts'
import { kindOf } from './source/source-kinds.ts'

export interface StreamProofOptions {
  readonly project: Project
  readonly reader: LogReader
  readonly stream: string
  readonly signal?: AbortSignal
  readonly onRows?: (changes: number) => void
  readonly waitMsMax?: number
}

/** Reads the source at one position of its own and compares it with the log, once that has reached it. */
export async function proveStream({ project, reader, stream, signal, onRows, waitMsMax }: StreamProofOptions): Promise<CopyProof> {
  const copy = await openCopy(project, reader, stream)
  try {
    return await proveCopy({
      reader,
      stream,
      copy,
      clock: systemClock,
      ...(signal === undefined ? {} : { signal }),
      ...(waitMsMax === undefined ? {} : { waitMsMax }),
      ...(onRows === undefined ? {} : { onProgress: ({ changes }) => onRows(changes) }),
    })
  } finally {
    await copy.close()
  }
}

async function openCopy(project: Project, reader: LogReader, stream: string): Promise<SourceCopy> {
  const [name = ''] = stream.split('.')
  const config = project.config.sources?.[name]
  if (config === undefined)
    throw new MillraceError('PROOF_COPY_UNSUPPORTED', { details: { stream, what: 'no source of this project has it' } })
  const kind = kindOf(config)
  if (kind.copy === undefined) {
    const what = `${kind.label} cannot be read as of one position`
    throw new MillraceError('PROOF_COPY_UNSUPPORTED', { details: { stream, what } })
  }
  const place = { project: project.config.name, name, config, folder: project.folder, door: doorOf(project) }
  return kind.copy(place, reader.stream(stream), reader)
}
