/**
 * Looks at the catalog now and then, for what no row tells of: a table that is gone or new or another one,
 * a partition that joined, rows that were rewritten. What it sees is the present, and the stream is in the
 * past; so each look carries the position at which it was true, and is judged once the stream is there.
 */
import { MillraceError } from '@millrace/base'
import type { FoundTables } from '../catalog/read-tables.ts'
import { quotedName, type Table } from '../catalog/table.ts'
import type { TableFinder } from '../catalog/table-finder.ts'
import { joinedParts, type TableSignature } from '../catalog/table-signature.ts'
import { checkReading } from '../check-source.ts'
import type { Connection } from '../connect.ts'
import { positionFromText } from '../position.ts'
import { ensurePublication, type PublishedTable, readPublished } from '../publication.ts'

export interface CatalogLook extends FoundTables {
  /** Everything that the look shows was committed before this position. */
  readonly position: number
  readonly published: readonly PublishedTable[]
  /** By the stream: tables that joined and may not be read. */
  readonly unreadable: ReadonlyMap<string, MillraceError>
  /** By the stream: partitions that joined since and brought rows along. */
  readonly filledParts: ReadonlyMap<string, string>
  /** By the stream: what became of a table that is not found any more. */
  readonly fates: ReadonlyMap<string, string>
}

export interface Known {
  readonly stream: string
  readonly signature: TableSignature | null
}

const POSITION = `select (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end)::text as position`

export interface LookOptions {
  readonly control: Connection
  readonly finder: TableFinder
  readonly publication: string
  readonly known: readonly Known[]
  /** Parked tables that a person accepted: they are published again, should they be so no more. */
  readonly accepted: ReadonlySet<string>
}

export async function lookAtCatalog({ control, finder, publication, known, accepted }: LookOptions): Promise<CatalogLook> {
  const { query } = control
  const found = await finder.find(query)
  const signatures = new Map(known.map(({ stream, signature }) => [stream, signature]))
  // A table that was made anew was never taken out of the publication by anybody.
  const joined = found.tables.filter(({ stream, oid }) => accepted.has(stream) || (signatures.get(stream) ?? null)?.oid !== oid)
  const unreadable = new Map<string, MillraceError>()
  for (const table of joined) await checkReading(control, table).catch((error: unknown) => unreadable.set(table.stream, told(error)))
  const welcome = joined.filter(({ stream }) => !unreadable.has(stream))
  if (welcome.length > 0) await publish(control, publication, welcome)
  const filledParts = new Map<string, string>()
  for (const table of found.tables) {
    const before = signatures.get(table.stream) ?? null
    for (const part of before === null ? [] : joinedParts(before, table.signature)) {
      if (await broughtRows(control, part)) filledParts.set(table.stream, part)
    }
  }
  const fates = new Map<string, string>()
  for (const { stream, signature } of known) {
    if (signature !== null && !found.tables.some((table) => table.stream === stream))
      fates.set(stream, await fateOf(control, signature.oid))
  }
  const published = await readPublished(query, publication)
  const [row] = await query<{ position: string }>(POSITION)
  return { ...found, unreadable, published, filledParts, fates, position: positionFromText(row?.position ?? '') }
}

/** What is wrong with the table; what is wrong with the connection ends the look. */
function told(error: unknown): MillraceError {
  if (error instanceof MillraceError && error.retry !== 'backoff') return error
  throw error
}

/** A publication of somebody else's stays as it is; what it lacks is told by the table's own state. */
async function publish(control: Connection, publication: string, tables: readonly Table[]): Promise<void> {
  try {
    await ensurePublication(control, publication, tables)
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'SOURCE_PERMISSION') throw error
  }
}

/**
 * A partition that is made empty joins every month, and its rows are told from the start. A row that is no
 * younger than its joining was there before. A partition that may not be read is taken to hold some.
 */
async function broughtRows({ query }: Connection, part: string): Promise<boolean> {
  try {
    const [name] = await query<{ name: string }>(`select $1::oid::regclass::text as name`, [part])
    const [row] = await query<{ brought: boolean }>(
      `select exists (select from only ${name?.name ?? ''} where age(xmin) >= (select age(i.xmin) from pg_inherits i where i.inhrelid = $1::oid)) as brought`,
      [part],
    )
    return row?.brought !== false
  } catch (error) {
    if (error instanceof MillraceError && error.retry === 'backoff' && error.code !== 'SOURCE_FAILED') throw error
    return true
  }
}

async function fateOf({ query }: Connection, oid: number): Promise<string> {
  const [row] = await query<{ name: string; schema_name: string }>(
    `select c.relname as name, n.nspname as schema_name from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = $1`,
    [oid],
  )
  return row === undefined
    ? 'was dropped'
    : `was renamed to ${quotedName({ schemaName: row.schema_name, tableName: row.name })}, or is captured no more`
}
