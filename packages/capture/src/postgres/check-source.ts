/** What must be true of a database before it can be captured. */
import { MillraceError } from '@millrace/base'
import { quoteIdentifier, quotedName, type Table } from './catalog/table.ts'
import { connect, type Connection, type Query, type SourceTarget } from './connect.ts'

export const VERSION_MIN = 130_000

export interface ServerFacts extends Record<string, unknown> {
  readonly version: string
  readonly version_number: number
  readonly wal_level: string
  readonly encoding: string
}

export async function readFacts({ query }: Connection): Promise<ServerFacts> {
  const [facts] = await query<ServerFacts>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::int as version_number,
       current_setting('wal_level') as wal_level, current_setting('server_encoding') as encoding`,
  )
  return facts as ServerFacts
}

export async function checkServer(control: Connection): Promise<ServerFacts> {
  const { source } = control.address
  const facts = await readFacts(control)
  const { version, version_number, wal_level, encoding } = facts
  if (version_number < VERSION_MIN) throw new MillraceError('SOURCE_VERSION', { details: { source, version } })
  if (encoding === 'SQL_ASCII') throw new MillraceError('SOURCE_ENCODING', { details: { source, encoding } })
  if (wal_level !== 'logical') throw new MillraceError('SOURCE_WAL_LEVEL', { details: { source, level: wal_level } })
  return facts
}

/** Raises SOURCE_PERMISSION or SOURCE_ROW_SECURITY where the table's rows cannot all be read. */
export async function checkReading({ query, address }: Connection, table: Table): Promise<void> {
  const { source, user } = address
  const { may, filtered } = await readRights(query, table)
  if (!may) {
    const fix = `GRANT USAGE ON SCHEMA ${quoteIdentifier(table.schemaName)} TO ${quoteIdentifier(user)}; GRANT SELECT ON ${quotedName(table)} TO ${quoteIdentifier(user)};`
    throw new MillraceError('SOURCE_PERMISSION', { details: { source, user, action: `read the table ${quotedName(table)}`, fix } })
  }
  if (filtered)
    throw new MillraceError('SOURCE_ROW_SECURITY', { details: { source, user, role: quoteIdentifier(user), table: quotedName(table) } })
}

export interface Rights extends Record<string, unknown> {
  /** All captured columns, by a grant on the table or on each of them. */
  readonly may: boolean
  /** A policy hides rows from this user: the stream would tell them, the snapshot not. */
  readonly filtered: boolean
}

export async function readRights(query: Query, { oid, schema }: Table): Promise<Rights> {
  const [row] = await query<Rights>(
    `select has_schema_privilege(relnamespace, 'USAGE') and (has_table_privilege(oid, 'SELECT')
         or (select bool_and(has_column_privilege(oid, name, 'SELECT')) from unnest($2::text[]) name)) as may,
       row_security_active(oid) as filtered
     from pg_class where oid = $1`,
    [oid, schema.columns.map(({ name }) => name)],
  )
  return row ?? { may: false, filtered: false }
}

/** Opens a replication connection, the only proof that it may be; yields the cluster's identity. */
export async function openReplication(target: SourceTarget): Promise<{ replication: Connection; systemId: string }> {
  const replication = await connect(target, 'replication')
  try {
    const [row] = await replication.query<{ systemid: string }>('IDENTIFY_SYSTEM')
    return { replication, systemId: row?.systemid ?? '' }
  } catch (error) {
    replication.close()
    throw error
  }
}
