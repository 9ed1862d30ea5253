import type { Query } from '../connect.ts'

export interface ColumnRow extends Record<string, unknown> {
  readonly table_oid: number
  readonly number: number
  readonly name: string
  readonly not_null: boolean
  readonly base_oid: number
  readonly base_modifier: number
  readonly source_type: string
  /** False for a generated column where the server is too old to tell it in the stream. */
  readonly sendable: boolean
}

/** A domain stands for its base type, through any number of domains; its modifier is the innermost one told. */
const COLUMNS = `
  with recursive base as (
    select a.attrelid, a.attnum, a.attname, a.attnotnull, a.atttypid, a.atttypmod, t.typtype, t.typbasetype, t.typtypmod
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    where a.attrelid = any($1::oid[]) and a.attnum > 0 and not a.attisdropped and a.attgenerated in ('', 's')
    union all
    select b.attrelid, b.attnum, b.attname, b.attnotnull, t.oid, b.typtypmod, t.typtype, t.typbasetype, t.typtypmod
    from base b join pg_type t on t.oid = b.typbasetype
    where b.typtype = 'd'
  )
  select b.attrelid::int8::float8 as table_oid, b.attnum::int as number, b.attname as name, b.attnotnull as not_null,
    b.atttypid::int8::float8 as base_oid, b.atttypmod as base_modifier, format_type(a.atttypid, a.atttypmod) as source_type,
    a.attgenerated = '' or current_setting('server_version_num')::int >= 180000 as sendable
  from base b join pg_attribute a on a.attrelid = b.attrelid and a.attnum = b.attnum
  where b.typtype <> 'd'
  order by b.attrelid, b.attnum`

/** Without virtual generated columns, which no stream tells. */
export async function readColumns(query: Query, oids: readonly number[]): Promise<ColumnRow[]> {
  return query<ColumnRow>(COLUMNS, [oids])
}
