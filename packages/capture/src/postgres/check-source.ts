/** What must be true of a database before it can be captured. */
import { MillraceError } from '@millrace/base'
import { quoteIdentifier, quotedName, type Table } from './catalog/table.ts'
import { readTables } from './catalog/read-tables.ts'
import { connect, type Connection, type SourceTarget } from './connect.ts'

export const VERSION_MIN = 140_000

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

/** The wanted tables, each of which may be read and has rows that can be told apart. */
export async function checkTables(control: Connection, { name, config }: SourceTarget): Promise<Table[]> {
  const tables = await readTables(control.query, { source: name, tables: config.tables })
  const { user } = control.address
  for (const table of tables) {
    if (await mayRead(control, table)) continue
    const fix = `GRANT USAGE ON SCHEMA ${quoteIdentifier(table.schemaName)} TO ${quoteIdentifier(user)}; GRANT SELECT ON ${quotedName(table)} TO ${quoteIdentifier(user)};`
    throw new MillraceError('SOURCE_PERMISSION', { details: { source: name, user, action: `read the table ${quotedName(table)}`, fix } })
  }
  return tables
}

export async function mayRead({ query }: Connection, { oid }: Table): Promise<boolean> {
  const [row] = await query<{ may: boolean }>(
    `select has_table_privilege(oid, 'SELECT') and has_schema_privilege(relnamespace, 'USAGE') as may from pg_class where oid = $1`,
    [oid],
  )
  return row?.may === true
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
