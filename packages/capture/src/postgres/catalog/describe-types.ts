/** Types that a relation message names by number and modifier, as the catalog knows them. */
import type { Column } from '@millrace/core'
import type { Query } from '../connect.ts'
import type { RelationColumn } from '../pgoutput/relation.ts'
import { typeOf } from './type-map.ts'

interface TypeRow extends Record<string, unknown> {
  base_oid: number
  base_modifier: number
  source_type: string
}

const DESCRIBE = `
  with recursive base as (
    select t.oid, $2::int as modifier, t.typtype, t.typbasetype, t.typtypmod from pg_type t where t.oid = $1::oid
    union all
    select t.oid, b.typtypmod, t.typtype, t.typbasetype, t.typtypmod from base b join pg_type t on t.oid = b.typbasetype
    where b.typtype = 'd'
  )
  select oid::int8::float8 as base_oid, modifier as base_modifier, format_type($1::oid, $2::int) as source_type
  from base where typtype <> 'd'`

export async function describeColumns(query: Query, columns: readonly RelationColumn[]): Promise<Column[]> {
  const described: Column[] = []
  for (const { name, typeOid, typeModifier } of columns) {
    const [row] = await query<TypeRow>(DESCRIBE, [typeOid, typeModifier])
    // A type that was dropped since: its values arrive as Postgres printed them.
    described.push({
      name,
      type: row === undefined ? { kind: 'text' } : typeOf(row.base_oid, row.base_modifier),
      nullable: true,
      sourceType: row?.source_type ?? `type ${typeOid}`,
    })
  }
  return described
}
