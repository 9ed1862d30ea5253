import { definitionOf } from './catalog/table.ts'
import { checkServer, checkTables, openReplication } from './check-source.ts'
import { connect, type SourceTarget } from './connect.ts'
import type { StreamDefinition } from '@millrace/core'

/** Connects, checks that the source can be captured, and lists its streams. Changes nothing in the source. */
export async function discoverTables(target: SourceTarget): Promise<StreamDefinition[]> {
  const control = await connect(target, 'control')
  try {
    await checkServer(control)
    const tables = await checkTables(control, target)
    const { replication } = await openReplication(target)
    replication.close()
    return tables.map((table) => definitionOf(table, 1))
  } finally {
    control.close()
  }
}
