/**
 * Reads from Postgres's catalog which tables are to be captured and with which columns. What is wrong with
 * one of them is told beside the others, for a table that cannot be captured need not stop its neighbours.
 */
import { MillraceError } from '@millrace/base'
import type { Column, PostgresSource, Schema } from '@millrace/core'
import { masksOf, type Selection } from '../columns/selection.ts'
import type { Query } from '../connect.ts'
import { type ColumnRow, readColumns } from './read-columns.ts'
import { readSignatures, type StoredSignature } from './read-signatures.ts'
import { displayName, isPlainName, quotedName, type ReplicaIdentity, streamName, type Table } from './table.ts'
import { type TableName, type TablePattern, tablePattern } from './table-pattern.ts'
import { typeOf } from './type-map.ts'

interface TableRow extends Record<string, unknown> {
  oid: number
  schema_name: string
  table_name: string
  kind: string
  persistence: string
  is_part: boolean
  of_extension: boolean
  identity: ReplicaIdentity
  primary_key: number[] | null
  identity_index: number[] | null
  has_virtual: boolean
}

const TABLES = `
  select c.oid::int8::float8 as oid, n.nspname as schema_name, c.relname as table_name, c.relkind as kind,
    c.relpersistence as persistence, c.relreplident as identity, c.relispartition as is_part,
    exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e') as of_extension,
    (select string_to_array(i.indkey::text, ' ')::int[] from pg_index i where i.indrelid = c.oid and i.indisprimary) as primary_key,
    (select string_to_array(i.indkey::text, ' ')::int[] from pg_index i where i.indrelid = c.oid and i.indisreplident) as identity_index,
    exists (select from pg_attribute a where a.attrelid = c.oid and a.attgenerated = 'v' and not a.attisdropped) as has_virtual
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  order by n.nspname, c.relname`

/** In a database whose tables are altered all the time the next look will see. */
const READ_ATTEMPTS_MAX = 5

export interface WantedTables {
  readonly source: string
  readonly config: Pick<PostgresSource, 'tables' | 'exclude'>
  readonly selection: Selection
  /** The columns that the publication carries, where it lists some of a table's. By the table's quoted name. */
  readonly published?: ReadonlyMap<string, readonly string[]>
}

/** A table that is wanted and cannot be captured. */
export interface RefusedTable {
  readonly name: string
  readonly stream: string
  readonly error: MillraceError
}

export interface FoundTables {
  readonly tables: readonly Table[]
  readonly refused: readonly RefusedTable[]
}

/** The tables that the configuration names, or every one of the schema `public`. Raises the first thing wrong with any. */
export async function readTables(query: Query, wanted: WantedTables): Promise<Table[]> {
  const { tables, refused } = await findTables(query, wanted)
  if (refused[0] !== undefined) throw refused[0].error
  return [...tables]
}

export async function findTables(query: Query, wanted: WantedTables): Promise<FoundTables> {
  const { source, selection } = wanted
  const { rows, refused, columns, signatures } = await readAtOnce(query, wanted)
  const tables: Table[] = []
  for (const row of rows) {
    const named = nameOf(row)
    const signature = signatures.get(row.oid)
    if (signature === undefined) continue
    try {
      tables.push(tableOf(wanted, row, { columns: columns.filter((column) => column.table_oid === row.oid), signature }))
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code === 'CONFIG_INVALID') throw error
      refused.push({ name: displayName(named), stream: streamName(source, named), error })
    }
  }
  for (const { schemaName, tableName, schema } of tables) {
    const row = rows.find((each) => each.schema_name === schemaName && each.table_name === tableName) as TableRow
    const own = columns.filter((column) => column.table_oid === row.oid)
    selection.check(
      { schemaName, tableName },
      own.map(({ name }) => name),
      keyNames(schema),
    )
  }
  return { tables, refused }
}

interface AtOnce extends Chosen {
  readonly columns: readonly ColumnRow[]
  readonly signatures: ReadonlyMap<number, StoredSignature>
}

/** Several questions, of which nothing was altered in between: the signatures are the same before and after. */
async function readAtOnce(query: Query, wanted: WantedTables): Promise<AtOnce> {
  for (let attempt = 1; ; attempt += 1) {
    const first = chosen(await query<TableRow>(TABLES), wanted)
    const oids = first.rows.map(({ oid }) => oid)
    const signatures = await readSignatures(query, oids)
    const columns = await readColumns(query, oids)
    const { rows, refused } = chosen(await query<TableRow>(TABLES), wanted)
    const again = await readSignatures(query, oids)
    const isSame = JSON.stringify([first.rows, [...signatures]]) === JSON.stringify([rows, [...again]])
    if (isSame || attempt === READ_ATTEMPTS_MAX) return { rows, refused, columns, signatures }
  }
}

interface Chosen {
  readonly rows: readonly TableRow[]
  readonly refused: RefusedTable[]
}

/** Partitions speak through the partitioned table that they are parts of, unless they are named. */
function chosen(all: readonly TableRow[], { source, config }: WantedTables): Chosen {
  const patterns = (config.tables ?? ['*']).map((text) => tablePattern(text, { schemaless: 'public' }))
  const excluded = (config.exclude ?? []).map((text) => tablePattern(text, { schemaless: 'every' }))
  const refused: RefusedTable[] = []
  const isExcluded = (name: TableName): boolean => excluded.some(({ matches }) => matches(name))
  const rows = new Set<TableRow>()
  for (const pattern of patterns) {
    const found = all.filter((row) => pattern.matches(nameOf(row)) && !isExcluded(nameOf(row)))
    if (pattern.isExact) {
      const row = exactly(source, pattern, all)
      if (isRefused(row)) refused.push(row)
      else if (!isExcluded(nameOf(row))) rows.add(row)
    } else for (const row of found) if (isOrdinary(row)) rows.add(row)
  }
  return { rows: all.filter((row) => rows.has(row)), refused }
}

export function isWanted({ tables = ['*'], exclude = [] }: WantedTables['config'], name: TableName): boolean {
  const isNamed = tables.some((text) => tablePattern(text, { schemaless: 'public' }).matches(name))
  return isNamed && !exclude.some((text) => tablePattern(text, { schemaless: 'every' }).matches(name))
}

function isRefused(row: TableRow | RefusedTable): row is RefusedTable {
  return 'error' in row
}

function isOrdinary(row: TableRow): boolean {
  return oddKind(row) === null && !row.is_part && !row.of_extension
}

function exactly(source: string, { text, matches }: TablePattern, all: readonly TableRow[]): TableRow | RefusedTable {
  const row = all.find((each) => matches(nameOf(each)))
  const [first = '', second] = text.split('.')
  const stream = streamName(
    source,
    second === undefined ? { schemaName: 'public', tableName: first } : { schemaName: first, tableName: text.slice(first.length + 1) },
  )
  if (row === undefined)
    return { name: text, stream, error: new MillraceError('SOURCE_TABLE_MISSING', { details: { source, table: text } }) }
  const kind = oddKind(row)
  if (kind === null) return row
  return { name: text, stream, error: new MillraceError('SOURCE_TABLE_KIND', { details: { source, table: text, kind } }) }
}

function nameOf({ schema_name: schemaName, table_name: tableName }: TableRow): TableName {
  return { schemaName, tableName }
}

function oddKind({ kind, persistence }: TableRow): string | null {
  if (kind === 'v') return 'a view'
  if (kind === 'm') return 'a materialized view'
  if (kind === 'f') return 'a foreign table'
  return persistence === 'p' ? null : 'an unlogged or temporary table'
}

interface Described {
  readonly columns: readonly ColumnRow[]
  readonly signature: StoredSignature
}

function tableOf({ source, selection, published }: WantedTables, row: TableRow, { columns, signature }: Described): Table {
  const named = nameOf(row)
  const choice = selection.of(named)
  const carried = published?.get(quotedName(named))
  const taken = columns.filter(({ name, sendable }) => sendable && choice.takes(name) && carried?.includes(name) !== false)
  const schema: Schema = {
    columns: taken.map((column) => columnOf(column, choice.mask(column.name) !== null)),
    key: keyOf(source, row, taken),
  }
  return {
    oid: row.oid,
    ...named,
    stream: streamName(source, named),
    schema,
    identity: row.identity,
    partitioned: row.kind === 'p',
    signature: {
      ...signature,
      masks: choice.fingerprint,
      left: columns.filter((column) => !taken.includes(column)).map(({ number }) => number),
    },
    masks: masksOf(schema, choice),
    cells: null,
    cellCount: schema.columns.length,
  }
}

function columnOf({ name, base_oid, base_modifier, not_null, source_type }: ColumnRow, isMasked: boolean): Column {
  return { name, type: isMasked ? { kind: 'text' } : typeOf(base_oid, base_modifier), nullable: !not_null, sourceType: source_type }
}

/**
 * What tells rows apart, in the order of the index. Refused without one, before the table is published:
 * once it is, Postgres refuses every UPDATE and DELETE of it.
 */
function keyOf(source: string, row: TableRow, columns: readonly ColumnRow[]): number[] {
  const named = nameOf(row)
  const what = missingIdentity(row)
  if (what !== null) {
    throw new MillraceError('SOURCE_TABLE_IDENTITY', {
      details: { source, table: isPlainName(named) ? displayName(named) : quotedName(named), what },
    })
  }
  const numbers = (row.identity === 'i' ? row.identity_index : row.primary_key) ?? []
  const key = numbers.map((number) => columns.findIndex((column) => column.number === number))
  return key.includes(-1) ? [] : key
}

function missingIdentity({ identity, primary_key, identity_index, has_virtual }: TableRow): string | null {
  if (identity === 'n') return 'its replica identity is NOTHING'
  if (identity === 'd' && primary_key === null) return 'it has neither a primary key nor another replica identity'
  if (identity === 'i' && identity_index === null) return 'the index that was its replica identity is gone'
  if (identity === 'f' && has_virtual)
    return 'with columns that are generated when they are read it needs REPLICA IDENTITY DEFAULT and a primary key'
  return null
}

function keyNames({ columns, key }: Schema): string[] {
  return key.map((at) => columns[at]?.name ?? '')
}
