/** Finds the wanted tables, as often as it is asked, in whatever transaction it is asked in. */
import type { Query, SourceTarget } from '../connect.ts'
import { openSelection, type Selection } from '../columns/selection.ts'
import { readPublishedColumns } from '../publication.ts'
import { findTables, type FoundTables, isWanted, readTables } from './read-tables.ts'
import type { Table } from './table.ts'
import type { TableName } from './table-pattern.ts'

export interface TableFinder {
  readonly selection: Selection
  /** Whether the settings name a table of this name, be it there or not. */
  wants(name: TableName): boolean
  /** Raises the first thing wrong with any. */
  read(query: Query): Promise<Table[]>
  find(query: Query): Promise<FoundTables>
}

export async function openTableFinder({ name: source, config }: SourceTarget, publication: string): Promise<TableFinder> {
  const selection = await openSelection(source, config)
  const wanted = async (query: Query): Promise<Parameters<typeof findTables>[1]> => ({
    source,
    config,
    selection,
    published: await readPublishedColumns(query, publication),
  })
  return {
    selection,
    wants: (name) => isWanted(config, name),
    read: async (query) => readTables(query, await wanted(query)),
    find: async (query) => findTables(query, await wanted(query)),
  }
}
