/** Reads from the catalog which tables are to be captured, and refuses those that cannot be. */
import { MillraceError } from '@millrace/base'
import type { Column, MysqlSource, Schema } from '@millrace/core'
import { type CatalogColumn, textCellOf } from '../cell/text-cell.ts'
import type { Charsets } from '../cell/charset.ts'
import type { ZeroDates } from '../cell/date-time.ts'
import { type Connection, quoteText } from '../connect.ts'
import { streamName, type Table } from './table.ts'

export interface CatalogOptions {
  readonly source: string
  readonly config: Pick<MysqlSource, 'tables' | 'exclude'>
  readonly charsets: Charsets
  readonly zeros: ZeroDates
}

type TableRow = { name: string; kind: string; engine: string | null }
type ColumnRow = {
  table_name: string
  name: string
  data_type: string
  column_type: string
  width: string | number | null
  scale: string | number | null
  charset: string | null
  nullable: string
}

/** Whether the configuration wants a table of this name. */
export function isWanted(name: string, { tables, exclude }: Pick<MysqlSource, 'tables' | 'exclude'>): boolean {
  return (tables === undefined || tables.includes(name)) && exclude?.includes(name) !== true
}

export async function readTables(connection: Connection, options: CatalogOptions): Promise<{ tables: Table[]; passed: string[] }> {
  const { source, config } = options
  const database = quoteText(connection.address.database)
  const rows = await connection.query<TableRow>(
    `SELECT TABLE_NAME AS name, TABLE_TYPE AS kind, ENGINE AS engine FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${database} ORDER BY TABLE_NAME`,
  )
  for (const name of config.tables ?? []) {
    const row = rows.find((candidate) => candidate.name === name)
    if (row === undefined) throw new MillraceError('SOURCE_TABLE_MISSING', { details: { source, table: name } })
    const kind = oddKind(row)
    if (kind !== null) throw new MillraceError('SOURCE_TABLE_KIND', { details: { source, table: name, kind } })
  }
  const columns = await connection.query<ColumnRow>(
    `SELECT TABLE_NAME AS table_name, COLUMN_NAME AS name, DATA_TYPE AS data_type, COLUMN_TYPE AS column_type,
       NUMERIC_PRECISION AS width, NUMERIC_SCALE AS scale, CHARACTER_SET_NAME AS charset, IS_NULLABLE AS nullable
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${database} ORDER BY TABLE_NAME, ORDINAL_POSITION`,
  )
  const keys = await connection.query<{ table_name: string; name: string }>(
    `SELECT TABLE_NAME AS table_name, COLUMN_NAME AS name FROM information_schema.STATISTICS
     WHERE TABLE_SCHEMA = ${database} AND INDEX_NAME = 'PRIMARY' ORDER BY TABLE_NAME, SEQ_IN_INDEX`,
  )
  const wanted = rows.filter((row) => oddKind(row) === null && isWanted(row.name, config))
  const passed = rows.filter((row) => !wanted.includes(row)).map(({ name }) => name)
  const tables = wanted.map((row) => {
    const own = columns.filter((column) => column.table_name === row.name).map(catalogColumn)
    return tableOf(row, own, { options, key: keys.filter((key) => key.table_name === row.name).map(({ name }) => name) })
  })
  return { tables, passed }
}

function oddKind({ kind, engine }: TableRow): string | null {
  if (kind === 'VIEW' || kind === 'SYSTEM VIEW') return 'a view'
  if (kind === 'SEQUENCE') return 'a sequence'
  if (kind === 'SYSTEM VERSIONED') return 'a table with system versioning, whose history its changes do not tell'
  if (kind !== 'BASE TABLE') return 'not a table'
  return engine === null || /^(federated|spider|connect|blackhole|s3)$/i.test(engine)
    ? `a table of the engine ${engine ?? 'that is missing'}`
    : null
}

function catalogColumn(row: ColumnRow): CatalogColumn {
  return {
    name: row.name,
    dataType: row.data_type.toLowerCase(),
    columnType: row.column_type,
    width: Number(row.width ?? 0),
    scale: Number(row.scale ?? 0),
    charset: row.charset,
    nullable: row.nullable === 'YES',
  }
}

interface TableParts {
  readonly options: CatalogOptions
  readonly key: readonly string[]
}

function tableOf({ name, engine }: TableRow, catalog: readonly CatalogColumn[], { options, key }: TableParts): Table {
  const { source, charsets, zeros } = options
  const cells = catalog.map((column) => textCellOf(column, { source, table: name, charsets, zeros }))
  const columns = catalog.map((column, at): Column => {
    const cell = cells[at] as Table['cells'][number]
    return { name: column.name, type: cell.type, nullable: column.nullable || cell.mayBeNull, sourceType: column.columnType }
  })
  const schema: Schema = { columns, key: key.map((part) => catalog.findIndex((column) => column.name === part)) }
  return { name, stream: streamName(source, name), schema, cells, isUnversioned: !/^(innodb|rocksdb)$/i.test(engine ?? '') }
}
