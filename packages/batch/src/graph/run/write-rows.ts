/** Writes the rows of a version, or of one of its intervals, as the model's layout has them. All files are synced, or begin to be. */
import { MillraceError } from '@millrace/base'
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteIdentifier, quoteLiteral } from '@millrace/sql/text'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { GraphColumn } from '../check/checked-graph.ts'
import { foldedName } from '../model/model.ts'
import type { Layout } from '../model/layout.ts'
import { partitionPath } from './partition-path.ts'
import type { RowsLimit, RunEngine } from './run-engine.ts'
import { type FileSyncs, syncFile } from './sync-file.ts'

export interface RowsToWrite {
  readonly engine: RunEngine
  /** The graph's folder. */
  readonly folder: string
  /** The file's path in it without its ending, or the folder's where there will be several files. */
  readonly stem: string
  /** The folded name of the model. */
  readonly name: string
  readonly sql: string
  readonly columns: readonly GraphColumn[]
  readonly layout: Layout
  readonly limit?: RowsLimit | undefined
  /** Where it is given, the files are named only once it says that they are synced. */
  readonly syncs?: FileSyncs
}

export interface WrittenRows {
  /** At least one: a relation without rows has columns nevertheless. */
  readonly files: readonly string[]
  readonly rows: number
  readonly bytes: number
}

/** Each is a file that a reader of everything must open. */
export const PARTITIONS_LIMIT = 10_000

/** Raises PARTITIONS_TOO_MANY. */
export async function writeRows(connection: DuckDBConnection, request: RowsToWrite): Promise<WrittenRows> {
  const { engine, stem, name, sql, layout, limit } = request
  const order = layout.clusterBy.map(quoteIdentifier)
  if (layout.partitionBy.length === 0) {
    const write = (path: string): Promise<number> => engine.write(connection, { sql, columns: request.columns, path, order, limit })
    return writeFile(request, `${stem}.parquet`, write)
  }
  const table = quoteIdentifier(`parts of ${name}`)
  const wanted = { sql, table, order: [...layout.partitionBy.map(quoteIdentifier), ...order], limit }
  return engine.computed(connection, wanted, (own) => writeParts(own, request, table))
}

async function writeFile({ folder, syncs }: RowsToWrite, file: string, write: (path: string) => Promise<number>): Promise<WrittenRows> {
  const path = join(folder, file)
  mkdirSync(dirname(path), { recursive: true })
  const rows = await write(path)
  return { files: [file], rows, bytes: syncs === undefined ? await syncFile(path) : syncs.begin(path) }
}

/** The table lies in the order of the partitions, so that each is found without reading the others. */
async function writeParts(connection: DuckDBConnection, request: RowsToWrite, table: string): Promise<WrittenRows> {
  const { engine, layout, columns, stem } = request
  const by = layout.partitionBy.map((name) => columns.find((column) => foldedName(column.name) === foldedName(name)) as GraphColumn)
  const order = layout.clusterBy.map(quoteIdentifier)
  const parts = await partsOf(connection, request, { table, by })
  const written: WrittenRows[] = []
  for (const [at, values] of parts.entries()) {
    const where = by.map((column, place) => conditionOf(column, values[place] ?? null)).join(' AND ')
    const sql = `SELECT * FROM ${table} WHERE ${where}`
    const copy = (path: string): Promise<number> => engine.copy(connection, { sql, columns, path, order })
    written.push(await writeFile(request, `${stem}/${partitionPath(by, values, at)}`, copy))
  }
  if (written.length > 0) return together(written)
  return writeFile(request, `${stem}/${partitionPath(by, [], 0)}`, (path) =>
    engine.copy(connection, { sql: `FROM ${table}`, columns, path }),
  )
}

async function partsOf(
  connection: DuckDBConnection,
  { name }: RowsToWrite,
  { table, by }: { readonly table: string; readonly by: readonly GraphColumn[] },
): Promise<(string | null)[][]> {
  const list = by.map((column) => `CAST(${quoteIdentifier(column.name)} AS VARCHAR)`).join(', ')
  const distinct = `SELECT DISTINCT ${list} FROM ${table} ORDER BY ALL LIMIT ${PARTITIONS_LIMIT + 1}`
  const parts = (await connection.runAndReadAll(distinct)).getRows() as (string | null)[][]
  if (parts.length <= PARTITIONS_LIMIT) return parts
  const columns = by.map((column) => column.name).join(', ')
  throw new MillraceError('PARTITIONS_TOO_MANY', { details: { model: name, columns, limit: PARTITIONS_LIMIT } })
}

function conditionOf({ name, type }: GraphColumn, value: string | null): string {
  const column = quoteIdentifier(name)
  return value === null ? `${column} IS NULL` : `${column} = CAST(${literalOf(value)} AS ${type})`
}

/** A statement ends at a NUL. */
function literalOf(value: string): string {
  return value.includes('\0') ? `decode(from_hex('${Buffer.from(value).toString('hex')}'))` : quoteLiteral(value)
}

function together(written: readonly WrittenRows[]): WrittenRows {
  const sum = (of: (part: WrittenRows) => number): number => written.reduce((total, part) => total + of(part), 0)
  return { files: written.flatMap(({ files }) => files), rows: sum(({ rows }) => rows), bytes: sum(({ bytes }) => bytes) }
}
