import type { StreamDefinition } from '@millrace/core'
import { readTables } from './catalog/read-tables.ts'
import { definitionOf } from './catalog/table.ts'
import { readCharsets } from './cell/charset.ts'
import { checkServer } from './check-source.ts'
import { connect } from './connect.ts'
import { serverIdOf, type SourceNames } from './server-id.ts'

/** Connects, checks that the source can be captured, and lists its streams. Changes nothing in the source. */
export async function discoverMysql(names: SourceNames): Promise<StreamDefinition[]> {
  const control = await connect(names)
  try {
    await checkServer(control, serverIdOf(names))
    const charsets = await readCharsets(control.query)
    const { tables } = await readTables(control, { source: names.name, config: names.config, charsets, zeros: { count: 0 } })
    return tables.map((table) => definitionOf(table, 1))
  } finally {
    control.close()
  }
}
