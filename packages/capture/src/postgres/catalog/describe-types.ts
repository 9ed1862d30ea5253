/** Types that a relation message names by number and modifier, as the catalog knows them. */
import type { Type } from '@millrace/core'
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

export interface DescribedType {
  readonly type: Type
  readonly sourceType: string
}

/**
 * A message tells the past, the catalog the present. What a number stands for never changes while its type
 * exists, so it is asked once and kept; a type that has gone since is null: only the past could tell it.
 */
export class TypeDescriber {
  readonly #query: Query
  readonly #known = new Map<string, DescribedType>()

  constructor(query: Query) {
    this.#query = query
  }

  async describe(columns: readonly RelationColumn[]): Promise<(DescribedType | null)[]> {
    const unknown = columns.filter((column) => !this.#known.has(placeOf(column)))
    if (unknown.length > 0) await this.#ask(unknown)
    return columns.map((column) => this.#known.get(placeOf(column)) ?? null)
  }

  async #ask(columns: readonly RelationColumn[]): Promise<void> {
    const oids = columns.map(({ typeOid }) => typeOid)
    const rows = await this.#query<TypeRow>(DESCRIBE, [oids, columns.map(({ typeModifier }) => typeModifier)])
    for (const { at, base_oid, base_modifier, source_type } of rows) {
      const column = columns[at - 1]
      if (column !== undefined) this.#known.set(placeOf(column), { type: typeOf(base_oid, base_modifier), sourceType: source_type })
    }
  }
}

function placeOf({ typeOid, typeModifier }: RelationColumn): string {
  return `${typeOid} ${typeModifier}`
}
