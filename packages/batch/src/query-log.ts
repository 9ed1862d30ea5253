/**
 * SQL over the log, for people: `millrace query`. Streams and live models are tables at one cut; beside
 * each stream stands its history, `"shop"."orders__changes"`, one row per change:
 *
 *   _partition, _position      where the change is in the stream
 *   _cut                       with which commit it became visible
 *   _operation                 'insert', 'update', 'delete' or 'truncate'
 *   _transaction, _index       its identity at the source; for a model the transaction is the cut of its inputs
 *   _committed_at              when the source committed it
 *   _untold                    as JSON the names of the columns that the change does not tell; NULL where it tells them all
 *   the stream's columns       the row after; for a delete the row that went; NULL where it was not told
 *   _before_<column>           the row before, where the source told it; else NULL
 *
 * Only what the SQL mentions is loaded. A live model is read as it was published, not computed anew.
 */
import type { DuckDBConnection, DuckDBPreparedStatement, DuckDBType } from '@duckdb/node-api'
import { type Column, type LogReader, OPERATION, OPERATION_NAME, type StreamInfo, type Type, type Value } from '@millrace/core'
import { createTables, quoteIdentifier, quoteLiteral, relationName, type TableDefinition } from '@millrace/sql'
import { loadChanges } from './change-table.ts'
import { typeNameOf, typeOfDuckDB, valueOfDuckDB } from './duckdb-value.ts'
import { type EngineOptions, lockEngine, openEngine } from './engine.ts'
import { isUntold } from './fold-keyed.ts'
import { checkBinding, queryError, runError } from './query-error.ts'
import { readsOf } from './reads.ts'
import { type LoadProgress, Snapshot } from './snapshot.ts'

export const QUERY_ROWS_LIMIT = 1000
const HISTORY = '__changes'

export interface QueryRequest extends EngineOptions {
  readonly reader: LogReader
  readonly sql: string
  /** Models that may have published nothing yet: they are read as empty. */
  readonly models?: readonly TableDefinition[]
  /** Default: the newest. */
  readonly cut?: number
  /** The most rows that are returned; default 1000. */
  readonly limit?: number
  readonly onProgress?: (progress: LoadProgress) => void
}

export interface QueryResult {
  readonly cut: number
  readonly columns: readonly QueryColumn[]
  readonly rows: readonly (readonly Value[])[]
  /** Whether there are more rows than the limit. */
  readonly more: boolean
  /** Changes that were read to answer. */
  readonly changes: number
  readonly ms: number
}

export interface QueryColumn {
  readonly name: string
  /** Text for what has no type of ours (a list, an interval): its rows hold what DuckDB shows for it. */
  readonly type: Type
  /** As SQL writes it. */
  readonly sqlType: string
}

/** Raises QUERY_INVALID for SQL that cannot be read or bound, QUERY_FAILED for a row without an answer. */
export async function queryLog(request: QueryRequest): Promise<QueryResult> {
  const startedMs = performance.now()
  const { reader, sql } = request
  const cut = request.cut ?? reader.cut()
  const engine = await openEngine(request)
  const snapshot = new Snapshot(engine, { ...request, streams: [], cut })
  try {
    await loadMentioned(snapshot, request)
    await lockEngine(engine.connection)
    await checkBinding(
      engine.connection,
      sql,
      [...reader.streams(), ...(request.models ?? [])].map(({ name }) => name),
    )
    const answer = await fetchRows(engine.connection, sql, request.limit ?? QUERY_ROWS_LIMIT)
    return { cut, ...answer, changes: snapshot.changes, ms: performance.now() - startedMs }
  } finally {
    await snapshot.close()
  }
}

/** Every stream is there as a typed, empty table, so that DuckDB can name near misses; few are filled. */
async function loadMentioned(snapshot: Snapshot, { reader, sql, models = [] }: QueryRequest): Promise<void> {
  const streams = reader.streams()
  const named = (name: string): boolean => streams.some((stream) => stream.name === name)
  const histories = streams.map(historyOf).filter((history) => !named(history.name))
  await createTables(snapshot.connection, [...streams, ...histories, ...models.filter((model) => !named(model.name))])
  const reads = await readsOf({
    connection: snapshot.connection,
    sql,
    models: [],
    streams: [...streams, ...histories].map((stream) => stream.name),
    refuse: (problem) => {
      throw queryError(sql, problem)
    },
  })
  for (const read of reads.streams) {
    const history = histories.find((candidate) => candidate.name === read.stream)
    if (history === undefined) await snapshot.load(read)
    else await loadHistory(snapshot, reader, history)
  }
}

interface History {
  readonly name: string
  readonly stream: StreamInfo
  readonly schema: { readonly columns: readonly Column[]; readonly key: readonly number[] }
}

function historyOf(stream: StreamInfo): History {
  const { columns } = stream.schema
  const taken = new Set(columns.map((column) => column.name))
  const named = (name: string, type: Type): Column => ({ name: freeName(taken, name), type, nullable: true })
  const integer: Type = { kind: 'int64' }
  return {
    name: `${stream.name}${HISTORY}`,
    stream,
    schema: {
      key: [],
      columns: [
        named('_partition', integer),
        named('_position', integer),
        named('_cut', integer),
        named('_operation', { kind: 'text' }),
        named('_transaction', integer),
        named('_index', integer),
        named('_committed_at', { kind: 'timestamptz' }),
        named('_untold', { kind: 'text' }),
        ...columns,
        ...columns.map((column) => named(`_before_${column.name}`, column.type)),
      ],
    },
  }
}

function freeName(taken: Set<string>, wanted: string): string {
  let name = wanted
  while (taken.has(name)) name = `_${name}`
  taken.add(name)
  return name
}

async function loadHistory(snapshot: Snapshot, reader: LogReader, { name, stream, schema }: History): Promise<void> {
  const { connection } = snapshot
  const all = [...stream.schema.columns.keys()]
  const changes = await loadChanges({
    connection,
    reader,
    stream,
    prefix: `millrace_history_${stream.id}`,
    untilCut: snapshot.cut,
    columns: all,
    before: all,
    onlyLiving: false,
    withOrigin: true,
    onChanges: (count) => snapshot.count(stream.name, count),
  })
  const operation = `[${OPERATION_NAME.map(quoteLiteral).join(', ')}][operation + 1]`
  const from = [
    'partition',
    'position',
    'cut',
    operation,
    'transaction',
    'place',
    'committed_at',
    untoldList(stream.schema.columns),
    ...all.map((at) => `a${at}`),
    ...all.map((at) => `b${at}`),
  ]
  const list = schema.columns.map((column, at) => `${from[at]} AS ${quoteIdentifier(column.name)}`)
  await connection.run(`CREATE OR REPLACE TABLE ${relationName(name)} AS SELECT ${list.join(', ')} FROM (${changes.sql}) AS change`)
  for (const table of changes.tables) await connection.run(`DROP TABLE ${table}`)
}

/** SQL for the names, as JSON. A source may leave out a large value that did not change, which is no null. */
function untoldList(columns: readonly Column[]): string {
  const names = columns.map(({ name }, at) => `CASE WHEN ${isUntold('change', at)} THEN ${quoteLiteral(name)} END`)
  const list = `list_filter([${names.join(', ')}], name -> name IS NOT NULL)`
  return `CASE WHEN operation <> ${OPERATION.TRUNCATE} AND len(${list}) > 0 THEN to_json(${list})::VARCHAR END`
}

type Answer = Pick<QueryResult, 'columns' | 'rows' | 'more'>

async function fetchRows(connection: DuckDBConnection, sql: string, limit: number): Promise<Answer> {
  let statement: DuckDBPreparedStatement | null = null
  try {
    const prepared = await connection.prepare(sql)
    statement = prepared
    const types = Array.from({ length: prepared.columnCount }, (_, at) => prepared.columnType(at))
    const columns = types.map((type, at) => columnOf(prepared.columnName(at), type))
    const rows: Value[][] = []
    const result = await prepared.stream()
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      for (const row of chunk.getRows()) {
        if (rows.length === limit) return { columns, rows, more: true }
        rows.push(row.map(valueOfDuckDB))
      }
    }
    return { columns, rows, more: false }
  } catch (error) {
    throw runError(sql, error)
  } finally {
    statement?.destroySync()
  }
}

function columnOf(name: string, type: DuckDBType): QueryColumn {
  return { name, type: typeOfDuckDB(type) ?? { kind: 'text' }, sqlType: typeNameOf(type) }
}
