import type { Schema, StreamDefinition } from '@millrace/core'
import { compareSchemas } from '@millrace/schema'
import { openTableFinder } from './catalog/table-finder.ts'
import type { RefusedTable } from './catalog/read-tables.ts'
import { definitionOf } from './catalog/table.ts'
import { checkReading, checkServer, openReplication } from './check-source.ts'
import { connect, type SourceTarget } from './connect.ts'
import { publicationOf } from './postgres-capture.ts'
import { mergedSchema } from './schema-change/relation-shape.ts'

export interface DiscoverOptions extends SourceTarget {
  readonly project?: string
  /** The streams that the log has: what became of their tables does not keep their neighbours from starting. */
  readonly known?: readonly StreamDefinition[]
}

/** Connects, checks that the source can be captured, and lists its streams. Changes nothing in the source. */
export async function discoverTables(options: DiscoverOptions): Promise<StreamDefinition[]> {
  const { name, project = '', known = [] } = options
  const finder = await openTableFinder(options, publicationOf({ ...options, project }))
  const control = await connect(options, 'control')
  try {
    await checkServer(control)
    const { tables, refused } = await finder.find(control.query)
    const ours = new Map(known.filter((stream) => stream.name.startsWith(`${name}.`)).map((stream) => [stream.name, stream]))
    for (const table of refused) if (isNews(table, options, ours)) throw table.error
    for (const table of tables) if (!ours.has(table.stream)) await checkReading(control, table)
    const { replication } = await openReplication(options)
    replication.close()
    const found = tables.map((table) => {
      const now = definitionOf(table, 1)
      const before = ours.get(table.stream)
      // A stream keeps the shape that the log has until the table's new one is accepted.
      return before === undefined || fits(before.schema, now.schema) ? now : before
    })
    const away = refused.flatMap(({ stream }) => ours.get(stream) ?? [])
    return [...found, ...away]
  } finally {
    control.close()
  }
}

function fits(before: Schema, now: Schema): boolean {
  return compareSchemas(before, mergedSchema(before, now)).verdict !== 'incompatible'
}

/** Where something is captured already, only what the settings name for the first time is refused as a whole. */
function isNews({ name, stream }: RefusedTable, { config }: DiscoverOptions, ours: ReadonlyMap<string, StreamDefinition>): boolean {
  return !ours.has(stream) && (ours.size === 0 || config.tables?.includes(name) === true)
}
