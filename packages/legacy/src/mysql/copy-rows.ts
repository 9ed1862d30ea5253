/** Copies rows of MySQL or MariaDB into DuckDB, with the types that the catalog says. */
import { DuckDBDataChunk, VARCHAR, type DuckDBConnection } from '@duckdb/node-api'
import { type MysqlConnection, quoteMysqlName } from '@millrace/capture'
import { name } from '../translate/name.ts'
import type { CatalogColumn, CatalogRelation } from './catalog/catalog.ts'
import { duckdbType } from './translate/column-type.ts'

export interface CopyRequest {
  readonly connection: MysqlConnection
  readonly relation: CatalogRelation
  readonly target: DuckDBConnection
  /** A table to make, quoted. */
  readonly into: string
}

const CHUNK_ROWS = 2048

/** Makes the table and returns how many rows it has. */
export async function copyMysqlRows({ connection, relation, target, into }: CopyRequest): Promise<number> {
  const { schema, name: own, columns } = relation
  const list = columns.map((column, at) => `${printed(column)} AS c${at}`)
  const rows = await connection.query<Record<string, string | null>>(
    `SELECT ${list.join(', ')} FROM ${quoteMysqlName(schema)}.${quoteMysqlName(own)}`,
  )
  const raw = `raw_${into.replaceAll(/\W/g, '_')}`
  await target.run(`CREATE OR REPLACE TEMP TABLE ${raw} (${columns.map((_, at) => `c${at} VARCHAR`).join(', ')})`)
  const appender = await target.createAppender(raw)
  const types = columns.map(() => VARCHAR)
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    const chunk = DuckDBDataChunk.create(types)
    chunk.setRows(rows.slice(start, start + CHUNK_ROWS).map((row) => columns.map((_, at) => textOf(row[`c${at}`]))))
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
  const read = columns.map((column, at) => `${readBack(`c${at}`, column)} AS ${name(column.name)}`)
  await target.run(`CREATE OR REPLACE TABLE ${into} AS SELECT ${read.join(', ')} FROM ${raw}`)
  await target.run(`DROP TABLE ${raw}`)
  return rows.length
}

function textOf(given: unknown): string | null {
  return given === null || given === undefined ? null : String(given)
}

/** A value as a text that both sides read alike. A date that is none becomes NULL, as it does in a stream. */
function printed({ name: own, dataType, columnType }: CatalogColumn): string {
  const column = quoteMysqlName(own)
  if (dataType === 'float') return `CAST(${column} AS DOUBLE)`
  if (dataType === 'bit') return `${column} + 0`
  if (dataType === 'date' || dataType === 'datetime' || dataType === 'timestamp')
    return `IF(MONTH(${column}) = 0 OR DAYOFMONTH(${column}) = 0 OR LAST_DAY(${column}) IS NULL, NULL, CAST(${column} AS CHAR))`
  if (duckdbType({ dataType, columnType } as CatalogColumn) === 'BLOB') return `HEX(${column})`
  return column
}

function readBack(text: string, column: CatalogColumn): string {
  const type = duckdbType(column) ?? 'VARCHAR'
  if (type === 'BLOB') return `unhex(${text})`
  return type === 'BOOLEAN' ? `CAST(CAST(${text} AS INTEGER) AS BOOLEAN)` : `CAST(${text} AS ${type})`
}
