import { MillraceError } from '@millrace/base'
import { lateStreamOf, type LogReader, type StreamDefinition } from '@millrace/core'
import type { Project } from '../config/project.ts'
import { lateStreams, watermarksOf } from './watermarks.ts'

export interface Discovered {
  readonly streams: readonly StreamDefinition[]
  /** Sources that could not be asked, though their streams are known from before. */
  readonly unreachable: readonly MillraceError[]
}

/**
 * Asks every source for its tables. A source that is away for now does not stop a project that has run
 * before: its streams are known from the log. One that was never seen must answer.
 */
export async function discoverStreams(project: Project, reader: LogReader | null): Promise<Discovered> {
  const late = new Set(watermarksOf(project.config).map(([stream]) => lateStreamOf(stream)))
  const known = reader?.streams().filter(({ name, kind }) => kind === 'table' && !late.has(name)) ?? []
  const { sources = {}, allowInside = [] } = project.config
  const isAlone = Object.keys(sources).length === 0 && allowInside.length === 0
  const { streams, unreachable } = isAlone ? { streams: [], unreachable: [] } : await askSources(project, known)
  refuseUnknownStreams(project, streams)
  return { streams: [...streams, ...lateStreams(project, streams)], unreachable }
}

/** What follows a database, and the door out, are loaded only where there is something to ask, or addresses to look at. */
async function askSources(project: Project, known: readonly StreamDefinition[]): Promise<Discovered> {
  const { doorOf } = await import('./door-of.ts')
  const door = doorOf(project)
  const streams: StreamDefinition[] = []
  const unreachable: MillraceError[] = []
  for (const [name, config] of Object.entries(project.config.sources ?? {})) {
    try {
      const { kindOf } = await import('./source/source-kinds.ts')
      const place = { project: project.config.name, name, config, folder: project.folder, door, known }
      const tables = await kindOf(config).discover(place)
      streams.push(...tables.map((table) => ({ ...table, partitions: partitionsOf(project, known, table.name) })))
    } catch (error) {
      const before = known.filter((stream) => stream.name.startsWith(`${name}.`))
      if (!(error instanceof MillraceError) || error.retry !== 'backoff' || before.length === 0) throw error
      streams.push(...before)
      unreachable.push(error)
    }
  }
  return { streams, unreachable }
}

/** A stream's partitions are fixed when it is first written: a key must stay where its past is. */
export function partitionsOf(project: Project, known: readonly StreamDefinition[], stream: string): number {
  return known.find((each) => each.name === stream)?.partitions ?? project.config.streams?.[stream]?.partitions ?? 1
}

function refuseUnknownStreams(project: Project, streams: readonly StreamDefinition[]): void {
  const late = lateStreams(project, streams)
  const names = new Set([...[...streams, ...late].map((stream) => stream.name), ...project.models.map((model) => model.name)])
  const file = 'millrace.config.ts'
  for (const [name, { from }] of Object.entries(project.config.deliveries ?? {})) {
    if (names.has(from)) continue
    const place = `deliveries.${name}.from`
    throw new MillraceError('CONFIG_INVALID', {
      details: { file, problem: `\`${place}\` names '${from}', which is neither a stream nor a model`, place: `\`${place}\`` },
    })
  }
  for (const name of Object.keys(project.config.streams ?? {})) {
    if (names.has(name)) continue
    throw new MillraceError('CONFIG_INVALID', {
      details: { file, problem: `\`streams\` names '${name}', which no source has`, place: `\`streams['${name}']\`` },
    })
  }
}
