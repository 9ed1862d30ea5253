/** Copies rows of the legacy database into DuckDB, with the types that their translated models have. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { DuckDBDataChunk, VARCHAR } from '@duckdb/node-api'
import { duckdbType, isArray, OID } from './postgres/type.ts'
import type { PostgresDatabase } from './read-postgres.ts'
import { name } from './translate/name.ts'
import type { OutputColumn } from './translate/scope.ts'

export interface CopyRequest {
  readonly database: PostgresDatabase
  readonly connection: DuckDBConnection
  /** A table or view of the legacy database, quoted as it wants it. */
  readonly from: string
  /** The names there; the same as those of the columns where nothing was renamed. */
  readonly legacyNames: readonly string[]
  readonly columns: readonly OutputColumn[]
  /** A table to make, quoted. */
  readonly into: string
}

const CHUNK_ROWS = 2048

/** Makes the table and returns how many rows it has. */
export async function copyRows({ database, connection, from, legacyNames, columns, into }: CopyRequest): Promise<number> {
  const texts = columns.map((column, at) => printed(`"${(legacyNames[at] ?? column.name).replaceAll('"', '""')}"`, column.type))
  const rows = await database.rows(`select ${texts.join(', ')} from ${from}`)
  const raw = `raw_${into.replaceAll(/\W/g, '_')}`
  await connection.run(`CREATE OR REPLACE TEMP TABLE ${raw} (${columns.map((_, at) => `c${at} VARCHAR`).join(', ')})`)
  const appender = await connection.createAppender(raw)
  const types = columns.map(() => VARCHAR)
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    const chunk = DuckDBDataChunk.create(types)
    chunk.setRows(rows.slice(start, start + CHUNK_ROWS).map((row) => [...row]))
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
  const list = columns.map((column, at) => `${read(`c${at}`, column)} AS ${name(column.name)}`)
  await connection.run(`CREATE OR REPLACE TABLE ${into} AS SELECT ${list.join(', ')} FROM ${raw}`)
  await connection.run(`DROP TABLE ${raw}`)
  return rows.length
}

const DAYS: ReadonlySet<number> = new Set([OID.date, OID.timestamp, OID.timestamptz])

/** A value as a text that both sides read alike. */
function printed(column: string, type: number): string {
  if (isArray(type)) return `to_json(${column})::text`
  // Postgres writes the era last, DuckDB behind the day; of a date DuckDB overlooks it there.
  if (DAYS.has(type)) return `regexp_replace(${column}::text, '^([0-9]+-[0-9]+-[0-9]+)(.*) BC$', '\\1 (BC)\\2')`
  if (type !== OID.interval) return `${column}::text`
  const months = `extract(year from ${column}) * 12 + extract(month from ${column})`
  const micros = `((extract(hour from ${column}) * 3600 + extract(minute from ${column}) * 60) * 1000000 + extract(microseconds from ${column}))::bigint`
  return `(${months}) || ' months ' || extract(day from ${column}) || ' days ' || ${micros} || ' microseconds'`
}

function read(text: string, { type, scale }: OutputColumn): string {
  const target = duckdbType(type, scale) ?? 'VARCHAR'
  return isArray(type) ? `CAST(CAST(${text} AS JSON) AS ${target})` : `CAST(${text} AS ${target})`
}
