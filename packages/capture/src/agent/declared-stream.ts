/** The streams of an agent source, as its configuration declares them. */
import { MillraceError } from '@millrace/base'
import { type AgentSource, type AgentStream, type Column, type Schema, type StreamDefinition, typeFromName } from '@millrace/core'
import { refuseIncompatible } from '@millrace/schema'

export interface DeclaredStream {
  readonly team: string
  /** As agents call it. */
  readonly name: string
  /** As the log calls it. */
  readonly stream: string
  readonly schema: Schema
  readonly unknownMembers: 'ignore' | 'park'
}

export interface AgentPlace {
  readonly name: string
  readonly config: AgentSource
}

/** Raises CONFIG_INVALID. */
export function declaredStreams({ name: source, config }: AgentPlace): readonly DeclaredStream[] {
  const declared = new Map<string, DeclaredStream>()
  for (const [team, { streams }] of Object.entries(config.teams)) {
    for (const [name, stream] of Object.entries(streams)) {
      const place = `sources.${source}.teams.${team}.streams.${name}`
      const other = declared.get(name)
      if (other !== undefined) throw invalid(place, `is a stream of the team ${other.team} already`)
      const schema = schemaFrom(stream, place)
      declared.set(name, { team, name, stream: `${source}.${name}`, schema, unknownMembers: stream.unknownMembers ?? 'park' })
    }
  }
  return [...declared.values()]
}

/**
 * The streams for the log. What is known of them from before must be able to become what is declared: raises
 * SCHEMA_INCOMPATIBLE before anything is written (law 4).
 */
export function discoverAgentStreams(place: AgentPlace, known: readonly StreamDefinition[]): readonly StreamDefinition[] {
  return declaredStreams(place).map(({ stream, schema }) => {
    const before = known.find(({ name }) => name === stream)
    if (before !== undefined) refuseIncompatible(stream, before.schema, schema)
    return { name: stream, kind: 'table', schema, partitions: 1 }
  })
}

function schemaFrom({ columns: declared, key = [] }: AgentStream, place: string): Schema {
  const columns = Object.entries(declared).map(([name, column]): Column => {
    const { type: typeName, nullable = !key.includes(name) } = typeof column === 'string' ? { type: column } : column
    const type = typeFromName(typeName)
    if (type === null) throw invalid(`${place}.columns.${name}`, `has a type that there is not: ${typeName}`)
    if (nullable && key.includes(name)) throw invalid(`${place}.columns.${name}`, 'is part of the key and may not be null')
    return { name, type, nullable }
  })
  const indexes = key.map((name) => {
    const index = columns.findIndex((column) => column.name === name)
    if (index < 0) throw invalid(`${place}.key`, `names '${name}', which is no column`)
    return index
  })
  return { columns, key: indexes }
}

function invalid(place: string, problem: string): MillraceError {
  return new MillraceError('CONFIG_INVALID', {
    details: { file: 'millrace.config.ts', problem: `\`${place}\` ${problem}`, place: `\`${place}\`` },
  })
}
