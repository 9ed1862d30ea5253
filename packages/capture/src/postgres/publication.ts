/**
 * The publication: which tables' changes the server sends, and with which columns. Made where it is missing.
 * One of our own is kept as the settings want it; one that belongs to somebody else is taken as it is.
 *
 * A list of columns keeps what is left out inside the server. It is only given where it can never stand in
 * the way of a table's users: Postgres refuses updates of a table whose identity the list does not cover,
 * so a table with FULL identity, or one in partitions, is published whole, and its columns are left out here.
 */
import { MillraceError } from '@millrace/base'
import { quotedName, quoteIdentifier, type Table } from './catalog/table.ts'
import type { Connection, Query } from './connect.ts'
import { codeOf } from './source-error.ts'

export interface PublicationRow extends Record<string, unknown> {
  readonly complete: boolean
  readonly allTables: boolean
  /** This user may alter it. */
  readonly ours: boolean
  /** It carries stored generated columns, or the server has no way to. */
  readonly generated: boolean
  readonly version: number
}

export interface PublishedTable extends Record<string, unknown> {
  readonly schemaName: string
  readonly tableName: string
  readonly filter: string | null
  /** Null before Postgres 15, which publishes every column. */
  readonly columns: readonly string[] | null
  /** Named one by one, not by its schema or with all tables. */
  readonly isNamed: boolean
}

const COLUMN_LISTS_SINCE = 150_000
export const GENERATED_COLUMNS_SINCE = 180_000

export async function ensurePublication(control: Connection, name: string, tables: readonly Table[]): Promise<void> {
  const { query } = control
  const found = await readPublication(query, name)
  if (found === null) {
    const version = await readVersion(query)
    // Partitions speak through their partitioned table, as they do in the snapshot.
    const all = tables.map((table) => published(table, version)).join(', ')
    const fix = `CREATE PUBLICATION ${quoteIdentifier(name)} ${all === '' ? '' : `FOR TABLE ${all} `}WITH (publish_via_partition_root = true${version < GENERATED_COLUMNS_SINCE ? '' : ', publish_generated_columns = stored'})`
    return change(control, `create the publication ${name}`, fix)
  }
  if (!found.complete) {
    const fix = `ALTER PUBLICATION ${quoteIdentifier(name)} SET (publish = 'insert, update, delete, truncate', publish_via_partition_root = true)`
    await change(control, `complete the publication ${name}`, fix)
  }
  if (found.ours && !found.generated) {
    const fix = `ALTER PUBLICATION ${quoteIdentifier(name)} SET (publish_generated_columns = stored)`
    await change(control, `let the publication ${name} carry generated columns`, fix)
  }
  const carried = await readPublished(query, name)
  const missing = unpublished(control.address.source, { name, tables, carried })
  if (missing.length > 0) {
    const fix = `ALTER PUBLICATION ${quoteIdentifier(name)} ADD TABLE ${missing.map((table) => published(table, found.version)).join(', ')}`
    await change(control, `add tables to the publication ${name}`, fix)
  }
  if (found.ours) for (const table of tables) await keepColumns(control, { name, table, found, carried })
}

export async function readPublication(query: Query, name: string): Promise<PublicationRow | null> {
  const [row] = await query<PublicationRow>(
    `select pubinsert and pubupdate and pubdelete and pubtruncate and pubviaroot as complete, puballtables as "allTables",
       pg_has_role(pubowner, 'USAGE') and not pg_is_in_recovery() as ours,
       coalesce(to_jsonb(p) ->> 'pubgencols', 's') = 's' as generated, current_setting('server_version_num')::int as version
     from pg_publication p where pubname = $1`,
    [name],
  )
  return row ?? null
}

export async function readPublished(query: Query, name: string): Promise<PublishedTable[]> {
  return query<PublishedTable>(
    `select schemaname as "schemaName", tablename as "tableName", to_jsonb(p) ->> 'rowfilter' as filter, to_jsonb(p) -> 'attnames' as columns,
       exists (select from pg_publication_rel r join pg_publication o on o.oid = r.prpubid
         where o.pubname = p.pubname and r.prrelid = format('%I.%I', schemaname, tablename)::regclass) as "isNamed"
     from pg_publication_tables p where pubname = $1`,
    [name],
  )
}

/** What somebody else's publication carries of each table, by its quoted name; ours carries what is wanted. */
export async function readPublishedColumns(query: Query, name: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = await readPublication(query, name)
  if (found === null || found.ours) return new Map()
  const carried = await readPublished(query, name)
  return new Map(carried.flatMap((table) => (table.columns === null ? [] : [[quotedName(table), table.columns] as const])))
}

interface Carried {
  readonly name: string
  readonly tables: readonly Table[]
  readonly carried: readonly PublishedTable[]
}

/** Wanted tables that the publication does not carry. One that it filters would lose rows in silence: refused. */
export function unpublished(source: string, { name, tables, carried }: Carried): Table[] {
  return tables.filter((table) => {
    const row = carriedAs(table, carried)
    if (row !== undefined && row.filter !== null) {
      const fix = `ALTER PUBLICATION ${quoteIdentifier(name)} SET TABLE ${quotedName(table)}, …`
      throw new MillraceError('SOURCE_PUBLICATION_FILTERED', { details: { source, publication: name, table: quotedName(table), fix } })
    }
    return row === undefined
  })
}

export function carriedAs(table: Table, carried: readonly PublishedTable[]): PublishedTable | undefined {
  return carried.find(({ schemaName, tableName }) => schemaName === table.schemaName && tableName === table.tableName)
}

interface Kept {
  readonly name: string
  readonly table: Table
  readonly found: PublicationRow
  readonly carried: readonly PublishedTable[]
}

/** Gives the table's columns as the settings want them, in one transaction, so that no change falls between. */
async function keepColumns(control: Connection, { name, table, found, carried }: Kept): Promise<void> {
  const row = carriedAs(table, carried)
  if (row === undefined || row.columns === null || !row.isNamed) return
  const columns = row.columns
  const wanted = columnList(table, found.version)
  const lacks = table.schema.columns.some((column) => !columns.includes(column.name))
  const tells = wanted !== null && columns.some((column) => !wanted.includes(column))
  if (!lacks && !tells) return
  const alter = `ALTER PUBLICATION ${quoteIdentifier(name)}`
  const fix = `${alter} DROP TABLE ${quotedName(table)}; ${alter} ADD TABLE ${published(table, found.version)}`
  await change(control, `set the columns of ${quotedName(table)} in the publication ${name}`, fix)
}

function published(table: Table, version: number): string {
  const columns = columnList(table, version)
  return columns === null ? quotedName(table) : `${quotedName(table)} (${columns.map(quoteIdentifier).join(', ')})`
}

/** Null where the table is published whole. */
export function columnList({ schema, identity, partitioned, signature }: Table, version: number): readonly string[] | null {
  // An older server leaves generated columns out by itself, and allows none in a list.
  const left =
    version < GENERATED_COLUMNS_SINCE ? signature.left.filter((number) => !signature.generated?.includes(number)) : signature.left
  if (left.length === 0 || version < COLUMN_LISTS_SINCE || partitioned || identity === 'f') return null
  return schema.columns.map(({ name }) => name)
}

async function readVersion(query: Query): Promise<number> {
  const [row] = await query<{ version: number }>(`select current_setting('server_version_num')::int as version`)
  return row?.version ?? 0
}

async function change({ query, address }: Connection, action: string, fix: string): Promise<void> {
  const { source, user } = address
  try {
    await query(fix)
  } catch (error) {
    const code = codeOf(error instanceof MillraceError ? error.cause : error)
    // 25006: a user who is kept from writing may still follow what its owner publishes.
    if (code !== '42501' && code !== '25006') throw error
    throw new MillraceError('SOURCE_PERMISSION', { cause: error, details: { source, user, action, fix: `${fix};` } })
  }
}
