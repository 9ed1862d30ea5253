/** The publication: which tables' changes the server sends. Made where it is missing, never narrowed. */
import { MillraceError } from '@millrace/base'
import { quotedName, quoteIdentifier, type Table } from './catalog/table.ts'
import type { Query, SourceAddress } from './connect.ts'
import { codeOf } from './source-error.ts'

interface PublicationRow extends Record<string, unknown> {
  readonly complete: boolean
}

export async function ensurePublication(query: Query, address: SourceAddress, name: string, tables: readonly Table[]): Promise<void> {
  const found = await readPublication(query, name)
  if (found === null) {
    // Partitions speak through their partitioned table, as they do in the snapshot.
    const all = tables.map(quotedName).join(', ')
    const fix = `CREATE PUBLICATION ${quoteIdentifier(name)} ${all === '' ? '' : `FOR TABLE ${all} `}WITH (publish_via_partition_root = true)`
    return change(query, address, `create the publication ${name}`, fix)
  }
  if (!found.complete) {
    const fix = `ALTER PUBLICATION ${quoteIdentifier(name)} SET (publish = 'insert, update, delete, truncate', publish_via_partition_root = true)`
    await change(query, address, `complete the publication ${name}`, fix)
  }
  const missing = await unpublished(query, address, name, tables)
  if (missing.length === 0) return
  const fix = `ALTER PUBLICATION ${quoteIdentifier(name)} ADD TABLE ${missing.map(quotedName).join(', ')}`
  await change(query, address, `add tables to the publication ${name}`, fix)
}

export async function readPublication(query: Query, name: string): Promise<PublicationRow | null> {
  const [row] = await query<PublicationRow>(
    `select pubinsert and pubupdate and pubdelete and pubtruncate and pubviaroot as complete from pg_publication where pubname = $1`,
    [name],
  )
  return row ?? null
}

/** Wanted tables that the publication does not carry. One that it filters would lose rows in silence: refused. */
export async function unpublished(query: Query, { source }: SourceAddress, name: string, tables: readonly Table[]): Promise<Table[]> {
  const rows = await query<{ schema_name: string; table_name: string; filter: string | null }>(
    `select schemaname as schema_name, tablename as table_name, to_jsonb(p) ->> 'rowfilter' as filter
     from pg_publication_tables p where pubname = $1`,
    [name],
  )
  return tables.filter((table) => {
    const row = rows.find(({ schema_name, table_name }) => schema_name === table.schemaName && table_name === table.tableName)
    if (row !== undefined && row.filter !== null) {
      const fix = `ALTER PUBLICATION ${quoteIdentifier(name)} SET TABLE ${quotedName(table)}, …`
      throw new MillraceError('SOURCE_PUBLICATION_FILTERED', { details: { source, publication: name, table: quotedName(table), fix } })
    }
    return row === undefined
  })
}

async function change(query: Query, { source, user }: SourceAddress, action: string, fix: string): Promise<void> {
  try {
    await query(fix)
  } catch (error) {
    if (codeOf(error instanceof MillraceError ? error.cause : error) !== '42501') throw error
    throw new MillraceError('SOURCE_PERMISSION', { cause: error, details: { source, user, action, fix: `${fix};` } })
  }
}
