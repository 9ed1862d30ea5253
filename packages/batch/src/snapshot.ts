/**
 * Streams as typed relations at one cut, in a DuckDB. Each relation is folded from the stream's changes
 * by SQL alone, sharing no code with the live engine (see `fold-keyed.ts`).
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import { AssertionError, MillraceError } from '@millrace/base'
import { type Batch, type Column, type LogReader, OPERATION, type Schema, sqlNameOf, type StreamInfo, type Watermark } from '@millrace/core'
import { quoteIdentifier, relationAddress, relationName } from '@millrace/sql'
import { type ChangeTable, loadChanges, loadRows } from './change-table.ts'
import { type Engine, type EngineOptions, lockEngine, openEngine } from './engine.ts'
import { foldKeyed } from './fold-keyed.ts'
import { countKeyless, foldKeyless } from './fold-keyless.ts'
import { type OnTime, onTime } from './on-time.ts'
import { problemOfRun } from './query-error.ts'

export interface SnapshotOptions extends EngineOptions {
  readonly reader: LogReader
  readonly streams: readonly (string | StreamRequest)[]
  /** Every stream is folded as of this cut. */
  readonly cut: number
  readonly onProgress?: (progress: LoadProgress) => void
  /** The only file that its session may write. Default: none. */
  readonly writable?: string
}

export interface StreamRequest {
  readonly stream: string
  /** The relation that it becomes; default: the stream's own name. */
  readonly as?: string
  /** Names of the columns that are needed, in any case; the key is always there. Default: all. */
  readonly columns?: readonly string[]
  /** For a model's stream: only what reflects inputs up to this cut, whenever it was published. */
  readonly asOf?: number
  /** Only changes of the source's transactions before this one, whenever they were written. */
  readonly beforeTransaction?: number
  /** Changes that are late take no part. */
  readonly watermark?: Watermark
}

/** Rows of a relation, each once, in any order. */
export interface RowsRequest {
  readonly relation: string
  readonly schema: Schema
  readonly batches: AsyncIterable<Batch>
}

export interface LoadProgress {
  readonly stream: string
  /** Changes of the stream that have been read so far. */
  readonly changes: number
}

export class Snapshot {
  readonly cut: number
  readonly #engine: Engine
  readonly #options: SnapshotOptions
  readonly #schemas = new Map<string, Schema>()
  readonly #read = new Map<string, number>()
  #loads = 0
  #changes = 0

  constructor(engine: Engine, options: SnapshotOptions) {
    this.#engine = engine
    this.#options = options
    this.cut = options.cut
  }

  get connection(): DuckDBConnection {
    return this.#engine.connection
  }

  /** Changes that were read, over all streams. */
  get changes(): number {
    return this.#changes
  }

  /** Adds to what was read, and tells whoever watches. */
  count(stream: string, changes: number): void {
    this.#changes += changes
    const total = (this.#read.get(stream) ?? 0) + changes
    this.#read.set(stream, total)
    this.#options.onProgress?.({ stream, changes: total })
  }

  /** The schema of a loaded relation; undefined where there is none of this name. */
  schemaOf(relation: string): Schema | undefined {
    return this.#schemas.get(relation)
  }

  /** Raises STREAM_UNKNOWN, BATCH_HISTORY_TRIMMED, BATCH_HISTORY_INCOMPLETE or BATCH_FAILED. */
  async load(request: StreamRequest): Promise<void> {
    const stream = this.#options.reader.stream(request.stream)
    refuseTrimmed(this.#options.reader, request.stream)
    const columns = wantedColumns(stream, withWatermark(request))
    try {
      const changes = await this.#loadChanges(stream, request, columns)
      await this.#fold(stream, request, columns, changes)
    } catch (error) {
      if (error instanceof MillraceError || error instanceof AssertionError) throw error
      this.#options.signal?.throwIfAborted()
      throw new MillraceError('BATCH_FAILED', { cause: error, details: { relation: request.stream, problem: problemOfRun(error) } })
    }
  }

  /** Rows that lie elsewhere, as a relation beside the folded ones. */
  async loadRows({ relation, schema, batches }: RowsRequest): Promise<void> {
    const stream: StreamInfo = { name: relation, kind: 'table', schema, partitions: 1, id: 0, schemaId: 0 }
    const { reader, signal } = this.#options
    const columns = [...schema.columns.keys()]
    const prefix = `millrace_load${(this.#loads += 1)}`
    const request = {
      connection: this.connection,
      reader,
      stream,
      prefix,
      untilCut: this.cut,
      columns,
      before: [],
      onlyLiving: false,
      withOrigin: false,
    }
    const onChanges = (count: number): void => this.count(relation, count)
    const rows = await loadRows({ ...request, signal, onChanges }, batches)
    await this.#keep(relation, schema.columns, rows.sql)
    for (const table of rows.tables) await this.connection.run(`DROP TABLE ${table}`)
    this.#schemas.set(relation, schema)
  }

  async close(): Promise<void> {
    await this.#engine.close()
  }

  async #loadChanges(stream: StreamInfo, request: StreamRequest, columns: readonly number[]): Promise<ChangeTable> {
    const { reader } = this.#options
    const prefix = `millrace_load${(this.#loads += 1)}`
    return loadChanges({
      connection: this.connection,
      reader,
      stream,
      prefix,
      untilCut: request.asOf === undefined ? this.cut : reader.cut(),
      ...(request.asOf === undefined ? {} : { untilAsOf: request.asOf }),
      ...(request.beforeTransaction === undefined ? {} : { beforeTransaction: request.beforeTransaction }),
      columns,
      before: beforeColumns(stream, request, columns),
      // With several partitions another one may hold later rows that come before this truncation.
      onlyLiving: stream.partitions === 1 && request.watermark === undefined,
      withOrigin: stream.partitions > 1 || request.watermark !== undefined,
      signal: this.#options.signal,
      onChanges: (count) => this.count(stream.name, count),
    })
  }

  async #fold(stream: StreamInfo, request: StreamRequest, columns: readonly number[], changes: ChangeTable): Promise<void> {
    const relation = request.as ?? request.stream
    const united = `millrace_changes${this.#loads}`
    const wanted = columns.map((index) => stream.schema.columns[index] as Column)
    const { watermark } = request
    const kind = stream.partitions > 1 || watermark !== undefined ? 'TABLE' : 'VIEW'
    const ordered = stream.partitions > 1 ? inOrder(changes.sql) : changes.sql
    const sql = watermark === undefined ? ordered : onTime(ordered, onTimeOf(stream, watermark, columns))
    await this.connection.run(`CREATE ${kind} ${united} AS ${sql}`)
    const folded = await this.#foldSql(stream, united, columns, changes)
    await this.#keep(relation, wanted, folded)
    await this.connection.run(`DROP ${kind} ${united}`)
    for (const table of changes.tables) await this.connection.run(`DROP TABLE ${table}`)
    this.#schemas.set(relation, { columns: wanted, key: stream.schema.key.map((index) => columns.indexOf(index)) })
  }

  /** Makes the relation from columns named `a0…`. */
  async #keep(relation: string, columns: readonly Column[], from: string): Promise<void> {
    const list = columns.map((column, at) => `CAST(a${at} AS ${sqlNameOf(column.type)}) AS ${quoteIdentifier(column.name)}`)
    await this.connection.run(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(relationAddress(relation).schema)}`)
    await this.connection.run(`CREATE OR REPLACE TABLE ${relationName(relation)} AS SELECT ${list.join(', ')} FROM (${from})`)
  }

  async #foldSql(stream: StreamInfo, united: string, columns: readonly number[], changes: ChangeTable): Promise<string> {
    if (stream.schema.key.length > 0) {
      const key = stream.schema.key.map((index) => columns.indexOf(index))
      return foldKeyed({ changes: united, columnCount: columns.length, key, untold: [...changes.untold] })
    }
    if (changes.someRemovalUntold || changes.untold.size > 0)
      throw incomplete(stream.name, 'a change does not tell the whole row that it removes')
    const types = columns.map((index) => (stream.schema.columns[index] as Column).type)
    const onlyInserts = [...changes.operations].every((operation) => operation === OPERATION.INSERT)
    const fold = { changes: united, types, onlyInserts }
    if (!onlyInserts && (await this.#someNegative(countKeyless(fold))))
      throw incomplete(stream.name, 'a row was removed more often than it was added')
    return foldKeyless(fold)
  }

  async #someNegative(counted: string): Promise<boolean> {
    const result = await this.connection.runAndReadAll(`SELECT count(*) FROM (${counted}) WHERE copies < 0`)
    return result.getRows()[0]?.[0] !== 0n
  }
}

/** Opens a database and loads the streams into it, then whatever `more` loads. The caller closes it. */
export async function openSnapshot(options: SnapshotOptions, more?: (snapshot: Snapshot) => Promise<void>): Promise<Snapshot> {
  const snapshot = new Snapshot(await openEngine(options), options)
  try {
    for (const stream of options.streams) await snapshot.load(typeof stream === 'string' ? { stream } : stream)
    await more?.(snapshot)
    await lockEngine(snapshot.connection, options.writable)
    return snapshot
  } catch (error) {
    await snapshot.close()
    throw error
  }
}

/** A relation can only be rebuilt from the whole of its history. */
function refuseTrimmed(reader: LogReader, stream: string): void {
  const trimmed = reader.extents(stream).find((extent) => extent.first > 0)
  if (trimmed !== undefined) throw new MillraceError('BATCH_HISTORY_TRIMMED', { details: { stream, first: trimmed.first } })
}

function incomplete(stream: string, problem: string): MillraceError {
  return new MillraceError('BATCH_HISTORY_INCOMPLETE', { details: { stream, problem } })
}

function indexOf({ schema }: StreamInfo, { column }: Watermark): number {
  return schema.columns.findIndex(({ name }) => name === column)
}

function onTimeOf(stream: StreamInfo, watermark: Watermark, columns: readonly number[]): OnTime {
  const column = columns.indexOf(indexOf(stream, watermark))
  return { watermark, column, columnCount: columns.length, isKeyed: stream.schema.key.length > 0 }
}

/** The column of the watermark decides what takes part, whoever reads it. */
function withWatermark({ columns, watermark }: StreamRequest): readonly string[] | undefined {
  return columns === undefined || watermark === undefined ? columns : [...columns, watermark.column]
}

function beforeColumns(stream: StreamInfo, { watermark }: StreamRequest, columns: readonly number[]): readonly number[] {
  const { key } = stream.schema
  if (key.length === 0) return columns
  return watermark === undefined ? key : [...new Set([...key, indexOf(stream, watermark)])]
}

/** Indexes in the stream's order. The key is needed to fold; a keyless stream needs at least one column. */
function wantedColumns(stream: StreamInfo, asked: readonly string[] | undefined): number[] {
  const names = asked === undefined ? undefined : new Set(asked.map((name) => name.toLowerCase()))
  const { columns, key } = stream.schema
  const wanted = [...columns.keys()].filter(
    (index) => names === undefined || key.includes(index) || names.has((columns[index] as Column).name.toLowerCase()),
  )
  return wanted.length === 0 ? [0] : wanted
}

/** Several partitions were loaded one after another within each cut; the source's own order is restored. */
function inOrder(sql: string): string {
  return `SELECT * REPLACE (row_number() OVER (ORDER BY cut, transaction, place, partition, position) - 1 AS sequence) FROM (${sql})`
}
