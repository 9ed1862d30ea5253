/**
 * Models whose version is made of the version before and of what their SQL yields now: by key, and with
 * history. The whole is written anew, as one file. The new rows are computed first, on their own, so that
 * what is wrong with them is told before anything is written.
 */
import { assert, MillraceError } from '@millrace/base'
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteIdentifier } from '@millrace/sql/text'
import type { Version } from '../catalog/version.ts'
import { type CheckedModel, type GraphColumn, signatureOf } from '../check/checked-graph.ts'
import { foldedName, HISTORY_COLUMNS } from '../model/model.ts'
import type { RowsLimit, RunEngine } from './run-engine.ts'
import type { WrittenRows } from './write-rows.ts'

export interface MergeRequest {
  /** The folded name. */
  readonly name: string
  readonly model: CheckedModel
  /** Of what is written: those of a snapshot have its history in them. */
  readonly columns: readonly GraphColumn[]
  readonly before: Version | null
  /** When the run read everything. */
  readonly atMs: number
  /** Writes the rows of a SELECT. */
  readonly write: (connection: DuckDBConnection, sql: string) => Promise<WrittenRows>
  readonly engine: RunEngine
  readonly connection: DuckDBConnection
  readonly limit?: RowsLimit | undefined
}

interface Merge {
  readonly request: MergeRequest
  /** A table of what the SQL yields now. */
  readonly rows: string
  /** A SELECT of the version before; null where there is none. */
  readonly old: string | null
  readonly connection: DuckDBConnection
}

/** Writes the merged rows. Raises KEY_NULL, KEY_NOT_UNIQUE, HISTORY_COLUMNS_CHANGED, HISTORY_TIME_PASSED. */
export async function mergeRows(request: MergeRequest): Promise<WrittenRows> {
  const { engine, model, name, before, columns, write, limit } = request
  const isSnapshot = model.model.settings.materialize === 'snapshot'
  if (before?.content.kind === 'server') throw historyElsewhere(model, before.content.engine)
  // What a model reads may have got other types though its SQL means the same.
  const goesOn = before !== null && signatureOf(before.columns) === signatureOf(columns)
  if (isSnapshot && before !== null && !goesOn)
    throw new MillraceError('HISTORY_COLUMNS_CHANGED', { details: { model: name, file: model.model.file } })
  const rows = quoteIdentifier(`rows of ${name}`)
  return engine.computed(request.connection, { sql: model.model.sql, table: rows, limit }, async (connection) => {
    await checkKey(request, rows, connection)
    const old = !goesOn ? null : engine.select(before.content, before.columns)
    const merge = { request, rows, old, connection }
    return write(connection, isSnapshot ? await historyOf(merge) : upsertOf(merge))
  })
}

/** What is merged into its version before is computed where that lies. */
export function historyElsewhere({ model }: CheckedModel, where: string): MillraceError {
  return new MillraceError('HISTORY_ELSEWHERE', { details: { model: model.name, file: model.file, where } })
}

async function checkKey({ model: { model }, name }: MergeRequest, rows: string, connection: DuckDBConnection): Promise<void> {
  const key = model.settings.key.map(quoteIdentifier)
  const details = { model: name, file: model.file, key: model.settings.key.join(', ') }
  const isNull = key.map((column) => `${column} IS NULL`).join(' OR ')
  const nulls = await numberOf(connection, `SELECT count(*) FROM ${rows} WHERE ${isNull}`)
  if (nulls > 0) throw new MillraceError('KEY_NULL', { details: { ...details, rows: nulls } })
  const twice = `SELECT 1 FROM ${rows} GROUP BY ${key.join(', ')} HAVING count(*) > 1`
  const repeated = await numberOf(connection, `SELECT count(*) FROM (${twice})`)
  if (repeated > 0) throw new MillraceError('KEY_NOT_UNIQUE', { details: { ...details, keys: repeated } })
}

/** The new rows, and those of the version before whose key is not among them. */
function upsertOf({ request: { model, columns }, rows, old }: Merge): string {
  const list = columns.map((column) => quoteIdentifier(column.name)).join(', ')
  if (old === null) return `SELECT ${list} FROM ${rows}`
  const key = model.model.settings.key.map(quoteIdentifier).join(', ')
  return `SELECT ${list} FROM ${rows} UNION ALL SELECT ${list} FROM (${old}) AS old ANTI JOIN ${rows} USING (${key})`
}

/**
 * A row that is so no longer is closed; one that is so since now is opened; any other stays. Rows are the
 * same if all their columns are, and NULL is NULL.
 */
async function historyOf({ request, rows, old, connection }: Merge): Promise<string> {
  const { model, columns, atMs, name } = request
  const at = `make_timestamptz(${BigInt(Math.round(atMs * 1000))})`
  const [from, to] = HISTORY_COLUMNS.map((column) => quoteIdentifier(column.name))
  assert(from !== undefined && to !== undefined, 'a history has a beginning and an end')
  const own = columns.slice(0, -HISTORY_COLUMNS.length).map((column) => quoteIdentifier(column.name))
  const opened = `SELECT ${own.map((column) => `new.${column}`).join(', ')}, ${at} AS ${from}, CAST(NULL AS TIMESTAMPTZ) AS ${to} FROM ${rows} AS new`
  if (old === null) return opened
  const last = await textOf(
    connection,
    `SELECT CAST(max(greatest(${from}, ${to})) AS VARCHAR) FROM (${old}) HAVING max(greatest(${from}, ${to})) >= ${at}`,
  )
  if (last !== null) throw new MillraceError('HISTORY_TIME_PASSED', { details: { model: name, last } })
  const key = new Set(model.model.settings.key.map(foldedName))
  const isSame = columns
    .slice(0, -HISTORY_COLUMNS.length)
    .map(
      (column) =>
        `new.${quoteIdentifier(column.name)} ${key.has(foldedName(column.name)) ? '=' : 'IS NOT DISTINCT FROM'} old.${quoteIdentifier(column.name)}`,
    )
    .join(' AND ')
  const isStill = `EXISTS (SELECT 1 FROM ${rows} AS new WHERE ${isSame})`
  const kept = `SELECT ${own.map((column) => `old.${column}`).join(', ')}, old.${from}, CASE WHEN old.${to} IS NULL AND NOT ${isStill} THEN ${at} ELSE old.${to} END AS ${to} FROM (${old}) AS old`
  const isKnown = `EXISTS (SELECT 1 FROM (${old}) AS old WHERE old.${to} IS NULL AND ${isSame})`
  return `${kept} UNION ALL ${opened} WHERE NOT ${isKnown}`
}

async function numberOf(connection: DuckDBConnection, sql: string): Promise<number> {
  return Number((await connection.runAndReadAll(sql)).getRows()[0]?.[0])
}

async function textOf(connection: DuckDBConnection, sql: string): Promise<string | null> {
  const value = (await connection.runAndReadAll(sql)).getRows()[0]?.[0]
  return value === undefined || value === null ? null : String(value)
}
