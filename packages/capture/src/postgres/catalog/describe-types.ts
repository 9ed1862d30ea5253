/** Types that a relation message names by number and modifier, as the catalog knows them. */
import type { Column } from '@millrace/core'
import type { Query } from '../connect.ts'
import type { RelationColumn } from '../pgoutput/relation.ts'
import { typeOf } from './type-map.ts'

interface TypeRow extends Record<string, unknown> {
  at: number
  base_oid: number
  base_modifier: number
  source_type: string
}

const DESCRIBE = `
  with recursive told as (
    select * from unnest($1::oid[], $2::int[]) with ordinality as t(type, type_modifier, at)
  ), base as (
    select told.*, t.oid, type_modifier as modifier, t.typtype, t.typbasetype, t.typtypmod from told join pg_type t on t.oid = told.type
    union all
    select b.type, b.type_modifier, b.at, t.oid, b.typtypmod, t.typtype, t.typbasetype, t.typtypmod
    from base b join pg_type t on t.oid = b.typbasetype
    where b.typtype = 'd'
  )
  select at::int, oid::int8::float8 as base_oid, modifier as base_modifier, format_type(type, type_modifier) as source_type
  from base where typtype <> 'd'`

export async function describeColumns(query: Query, columns: readonly RelationColumn[]): Promise<Column[]> {
  const oids = columns.map(({ typeOid }) => typeOid)
  const rows = await query<TypeRow>(DESCRIBE, [oids, columns.map(({ typeModifier }) => typeModifier)])
  return columns.map(({ name, typeOid }, index) => {
    const row = rows.find(({ at }) => at === index + 1)
    // A type that was dropped since: its values arrive as Postgres printed them.
    if (row === undefined) return { name, type: { kind: 'text' }, nullable: true, sourceType: `type ${typeOid}` }
    return { name, type: typeOf(row.base_oid, row.base_modifier), nullable: true, sourceType: row.source_type }
  })
}
