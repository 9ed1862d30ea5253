/** The columns of relations as the catalog of the server has them. */
import type { GraphColumn } from '@millrace/batch/graph'
import { duckdbTypeOf } from './duckdb-type.ts'
import type { Session } from './session.ts'

export interface ServerColumns {
  /** With the type as which DuckDB reads it; the server's where DuckDB has none. */
  readonly columns: readonly GraphColumn[]
  readonly unreadable: readonly GraphColumn[]
  /** By their numbers, in which columns that were dropped leave gaps. */
  readonly names: ReadonlyMap<number, string>
}

interface ColumnRow extends Record<string, unknown> {
  readonly relation: number
  readonly name: string
  readonly number: number
  readonly type: number
  readonly modifier: number
  readonly printed: string
  readonly kind: string
}

/** By `pg_class` number. */
export async function columnsOf(session: Session, relations: readonly number[]): Promise<ReadonlyMap<number, ServerColumns>> {
  const rows = await session.objects<ColumnRow>(
    `SELECT attrelid AS relation, attname AS name, attnum AS number, atttypid AS type, atttypmod AS modifier,
       format_type(atttypid, atttypmod) AS printed, typtype AS kind
     FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
     WHERE attrelid = ANY($1::oid[]) AND attnum > 0 AND NOT attisdropped ORDER BY attrelid, attnum`,
    [relations],
  )
  const found = new Map(
    relations.map((relation) => [
      relation,
      { columns: [] as GraphColumn[], unreadable: [] as GraphColumn[], names: new Map<number, string>() },
    ]),
  )
  for (const { relation, name, number, type, modifier, printed, kind } of rows) {
    const known = duckdbTypeOf({ type, modifier, isEnum: kind === 'e' })
    const of = found.get(relation)
    of?.names.set(number, name)
    of?.columns.push({ name, type: known ?? printed })
    if (known === null) of?.unreadable.push({ name, type: printed })
  }
  return found
}
