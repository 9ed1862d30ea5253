/** Reads from Postgres's catalog which tables are to be captured, and refuses those that cannot be. */
import { MillraceError } from '@millrace/base'
import type { Column, PostgresSource, Schema } from '@millrace/core'
import type { Query } from '../connect.ts'
import { displayName, quotedName, type ReplicaIdentity, streamName, type Table } from './table.ts'
import { typeOf } from './type-map.ts'

interface TableRow extends Record<string, unknown> {
  oid: number
  schema_name: string
  table_name: string
  kind: string
  persistence: string
  identity: ReplicaIdentity
  primary_key: number[] | null
  identity_index: number[] | null
}

interface ColumnRow extends Record<string, unknown> {
  table_oid: number
  number: number
  name: string
  not_null: boolean
  base_oid: number
  base_modifier: number
  source_type: string
}

const TABLES = `
  select c.oid::int8::float8 as oid, n.nspname as schema_name, c.relname as table_name, c.relkind as kind,
    c.relpersistence as persistence, c.relreplident as identity,
    (select string_to_array(i.indkey::text, ' ')::int[] from pg_index i where i.indrelid = c.oid and i.indisprimary) as primary_key,
    (select string_to_array(i.indkey::text, ' ')::int[] from pg_index i where i.indrelid = c.oid and i.indisreplident) as identity_index
  from pg_class c join pg_namespace n on n.oid = c.relnamespace`

/** A domain stands for its base type, through any number of domains; its modifier is the innermost one told. */
const COLUMNS = `
  with recursive base as (
    select a.attrelid, a.attnum, a.attname, a.attnotnull, a.atttypid, a.atttypmod, t.typtype, t.typbasetype, t.typtypmod
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    where a.attrelid = any($1::oid[]) and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    union all
    select b.attrelid, b.attnum, b.attname, b.attnotnull, t.oid, b.typtypmod, t.typtype, t.typbasetype, t.typtypmod
    from base b join pg_type t on t.oid = b.typbasetype
    where b.typtype = 'd'
  )
  select b.attrelid::int8::float8 as table_oid, b.attnum::int as number, b.attname as name, b.attnotnull as not_null,
    b.atttypid::int8::float8 as base_oid, b.atttypmod as base_modifier, format_type(a.atttypid, a.atttypmod) as source_type
  from base b join pg_attribute a on a.attrelid = b.attrelid and a.attnum = b.attnum
  where b.typtype <> 'd'
  order by b.attrelid, b.attnum`

export interface WantedTables {
  readonly source: string
  readonly tables: PostgresSource['tables']
}

/** The tables that the configuration names, or every one of the schema `public`. */
export async function readTables(query: Query, wanted: WantedTables): Promise<Table[]> {
  const rows = wanted.tables === undefined ? await readAll(query) : await readNamed(query, wanted.source, wanted.tables)
  const columns = await query<ColumnRow>(COLUMNS, [rows.map((row) => row.oid)])
  return rows.map((row) => {
    const own = columns.filter((column) => column.table_oid === row.oid)
    return tableOf(wanted.source, row, own)
  })
}

/** Partitions speak through the partitioned table that they are parts of. */
async function readAll(query: Query): Promise<TableRow[]> {
  return query<TableRow>(`${TABLES}
    where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence = 'p'
      and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    order by c.relname`)
}

async function readNamed(query: Query, source: string, names: readonly string[]): Promise<TableRow[]> {
  const rows: TableRow[] = []
  for (const name of names) {
    const point = name.indexOf('.')
    const [schemaName, tableName] = point === -1 ? ['public', name] : [name.slice(0, point), name.slice(point + 1)]
    const [row] = await query<TableRow>(`${TABLES} where n.nspname = $1 and c.relname = $2`, [schemaName, tableName])
    if (row === undefined) throw new MillraceError('SOURCE_TABLE_MISSING', { details: { source, table: name } })
    const kind = oddKind(row)
    if (kind !== null) throw new MillraceError('SOURCE_TABLE_KIND', { details: { source, table: name, kind } })
    rows.push(row)
  }
  return rows
}

function oddKind({ kind, persistence }: TableRow): string | null {
  if (kind === 'v') return 'a view'
  if (kind === 'm') return 'a materialized view'
  if (kind === 'f') return 'a foreign table'
  if (kind !== 'r' && kind !== 'p') return 'not a table'
  return persistence === 'p' ? null : 'an unlogged or temporary table'
}

function tableOf(source: string, row: TableRow, columns: readonly ColumnRow[]): Table {
  const named = { schemaName: row.schema_name, tableName: row.table_name }
  const schema: Schema = { columns: columns.map(columnOf), key: keyOf(source, row, columns) }
  return { oid: row.oid, ...named, stream: streamName(source, named), schema, partitioned: row.kind === 'p' }
}

function columnOf({ name, base_oid, base_modifier, not_null, source_type }: ColumnRow): Column {
  return { name, type: typeOf(base_oid, base_modifier), nullable: !not_null, sourceType: source_type }
}

/**
 * What tells rows apart, in the order of the index. Refused without one, before the table is published:
 * once it is, Postgres refuses every UPDATE and DELETE of it.
 */
function keyOf(source: string, row: TableRow, columns: readonly ColumnRow[]): number[] {
  const named = { schemaName: row.schema_name, tableName: row.table_name }
  const what = missingIdentity(row)
  if (what !== null) {
    throw new MillraceError('SOURCE_TABLE_IDENTITY', {
      details: { source, table: isPlain(named) ? displayName(named) : quotedName(named), what },
    })
  }
  const numbers = (row.identity === 'i' ? row.identity_index : row.primary_key) ?? []
  const key = numbers.map((number) => columns.findIndex((column) => column.number === number))
  return key.includes(-1) ? [] : key
}

function missingIdentity({ identity, primary_key, identity_index }: TableRow): string | null {
  if (identity === 'n') return 'its replica identity is NOTHING'
  if (identity === 'd' && primary_key === null) return 'it has neither a primary key nor another replica identity'
  if (identity === 'i' && identity_index === null) return 'the index that was its replica identity is gone'
  return null
}

/** A name that a statement can carry without quotes. */
function isPlain({ schemaName, tableName }: { schemaName: string; tableName: string }): boolean {
  return [schemaName, tableName].every((name) => /^[a-z_][a-z0-9_]*$/.test(name))
}
