/**
 * Models whose version is made of the version before and of what their SQL yields now, by the rules of those of
 * DuckDB: by key, and with history. The new rows are computed first, so that what is wrong with them is told before
 * anything is written.
 */
import { foldedName, type GraphColumn, HISTORY_COLUMNS, type ServerWork } from '@millrace/batch/graph'
import { assert, MillraceError } from '@millrace/base'
import { quoteIdentifier } from '@millrace/sql/text'
import type { Session } from './session.ts'

export interface MergeRequest extends Pick<ServerWork, 'model' | 'columns' | 'atMs'> {
  readonly sql: string
  /** The table that is made. */
  readonly address: string
  /** The table of the version before; null where there is none to go on with. */
  readonly before: string | null
}

const ROWS = 'pg_temp.millrace_rows'

/** Makes the table, and tells how many rows it has. Raises KEY_NULL, KEY_NOT_UNIQUE, HISTORY_TIME_PASSED. */
export async function mergeRows(session: Session, request: MergeRequest): Promise<number> {
  await session.runOne(`CREATE TEMP TABLE millrace_rows ON COMMIT DROP AS\n${request.sql}`)
  await session.run(`ANALYZE ${ROWS}`)
  await checkKey(session, request)
  const isSnapshot = request.model.model.settings.materialize === 'snapshot'
  const select = isSnapshot ? await historyOf(session, request) : upsertOf(request)
  return session.run(`CREATE TABLE ${request.address} AS ${select}`)
}

async function checkKey(session: Session, { model: { model } }: MergeRequest): Promise<void> {
  const key = model.settings.key.map(quoteIdentifier)
  const details = { model: model.name, file: model.file, key: model.settings.key.join(', ') }
  const numberOf = async (sql: string): Promise<number> => Number((await session.cells(sql))[0]?.[0])
  const nulls = await numberOf(`SELECT count(*) FROM ${ROWS} WHERE ${key.map((column) => `${column} IS NULL`).join(' OR ')}`)
  if (nulls > 0) throw new MillraceError('KEY_NULL', { details: { ...details, rows: nulls } })
  const twice = `SELECT 1 FROM ${ROWS} GROUP BY ${key.join(', ')} HAVING count(*) > 1`
  const repeated = await numberOf(`SELECT count(*) FROM (${twice}) AS twice`)
  if (repeated > 0) throw new MillraceError('KEY_NOT_UNIQUE', { details: { ...details, keys: repeated } })
}

/** The new rows, and those of the version before whose key is not among them. */
function upsertOf({ model, columns, before }: MergeRequest): string {
  const list = columns.map(({ name }) => quoteIdentifier(name)).join(', ')
  if (before === null) return `SELECT ${list} FROM ${ROWS}`
  const isSame = model.model.settings.key.map((name) => `new.${quoteIdentifier(name)} = old.${quoteIdentifier(name)}`).join(' AND ')
  return `SELECT ${list} FROM ${ROWS} UNION ALL
    SELECT ${list} FROM ${before} AS old WHERE NOT EXISTS (SELECT 1 FROM ${ROWS} AS new WHERE ${isSame})`
}

/** A row that is as it was keeps its times; one that is not is closed, and what is new is opened. */
async function historyOf(session: Session, { model, columns, before, atMs }: MergeRequest): Promise<string> {
  const own = columns.slice(0, -HISTORY_COLUMNS.length)
  const [from, to] = HISTORY_COLUMNS.map(({ name }) => quoteIdentifier(name))
  assert(from !== undefined && to !== undefined, 'a history has a beginning and an end')
  const at = `(timestamptz 'epoch' + ${BigInt(Math.round(atMs * 1000))} * interval '1 microsecond')`
  const opened = `SELECT ${own.map(({ name }) => `new.${quoteIdentifier(name)}`).join(', ')}, ${at} AS ${from}, NULL::timestamptz AS ${to} FROM ${ROWS} AS new`
  if (before === null) return opened
  const last = `max(greatest(${from}, ${to}))`
  const [passed] = await session.cells(`SELECT ${last}::text FROM ${before} HAVING ${last} >= ${at}`)
  if (passed !== undefined) throw new MillraceError('HISTORY_TIME_PASSED', { details: { model: model.model.name, last: passed[0] ?? '' } })
  const isSame = own.map((column) => sameValue(column, model.model.settings.key)).join(' AND ')
  const old = own.map(({ name }) => `old.${quoteIdentifier(name)}`).join(', ')
  // A join, and not EXISTS within CASE: that one would look through all new rows for each old one.
  const kept = `SELECT ${old}, old.${from}, CASE WHEN old.${to} IS NULL AND new.millrace_is IS NULL THEN ${at} ELSE old.${to} END AS ${to}
    FROM ${before} AS old LEFT JOIN (SELECT *, true AS millrace_is FROM ${ROWS}) AS new ON old.${to} IS NULL AND ${isSame}`
  return `${kept} UNION ALL ${opened} WHERE NOT EXISTS (SELECT 1 FROM ${before} AS old WHERE old.${to} IS NULL AND ${isSame})`
}

/** A JSON is the same where its text is: the type has no equality. */
function sameValue({ name, type }: GraphColumn, key: readonly string[]): string {
  const [one, other] = ['new', 'old'].map((side) => `${side}.${quoteIdentifier(name)}${type === 'JSON' ? '::text' : ''}`)
  const isKey = key.some((column) => foldedName(column) === foldedName(name))
  return `${one} ${isKey ? '=' : 'IS NOT DISTINCT FROM'} ${other}`
}
