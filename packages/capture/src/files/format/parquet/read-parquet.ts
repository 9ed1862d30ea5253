/**
 * Parquet, read by DuckDB as a stream of a few thousand rows at a time, in the file's order. A record's
 * place is its row number, which Parquet knows, so reading goes on at any row without reading what is before.
 */
import {
  DuckDBBlobValue,
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBValue,
} from '@duckdb/node-api'
import { describeError, MillraceError } from '@millrace/base'
import { BatchBuilder, type JsonValue, OPERATION, type Value, valueToJson, wholeNumber } from '@millrace/core'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type BadRecord, type ParquetOrder, PART_BYTES, type RecordPart, type RecordParts, type RecordSchema } from '../record-reader.ts'
import { type ParquetColumn, parquetColumn, quoteText } from './parquet-types.ts'

/** A row group's columns are held while they are read; beyond it DuckDB gives up with an error of its own. */
const MEMORY = '512MB'
/** Bytes of a cell of fixed width, to tell when a part is full. */
const CELL_BYTES = 8

export type ParquetFile = Pick<ParquetOrder, 'path' | 'format' | 'name'>

export async function parquetSchemas(file: ParquetFile): Promise<readonly RecordSchema[]> {
  return withConnection(file, async (connection, from) => {
    const columns = (await columnsOf(connection, from, file)).map(({ name, type }) => ({ name, type, nullable: true }))
    return [{ stream: null, schema: { columns, key: [] } }]
  })
}

export async function* readParquet(order: ParquetOrder): RecordParts {
  const opened = await open(order)
  try {
    return yield* new ParquetReader(order, opened.connection, opened.from).run()
  } catch (error) {
    throw damaged(error, order.name)
  } finally {
    await opened.close()
  }
}

class ParquetReader {
  readonly #order: ParquetOrder
  readonly #connection: DuckDBConnection
  readonly #from: string
  readonly #schema: RecordSchema['schema']
  #records = 0
  #bad = 0

  constructor(order: ParquetOrder, connection: DuckDBConnection, from: string) {
    const schema = order.schemas[0]?.schema
    if (schema === undefined || order.schemas.length > 1) throw invalid(order.name, 'Parquet has one type of record')
    this.#order = order
    this.#connection = connection
    this.#from = from
    this.#schema = schema
    this.#records = order.resume?.records ?? 0
    this.#bad = Number(order.resume?.['bad'] ?? 0)
  }

  async *run(): RecordParts {
    const all = await columnsOf(this.#connection, this.#from, {
      ...this.#order,
      format: { type: 'parquet', columns: this.#schema.columns.map(({ name }) => name) },
    })
    for (const [at, column] of this.#schema.columns.entries()) {
      const found = all[at]
      if (found?.type.kind === column.type.kind && JSON.stringify(found.type) === JSON.stringify(column.type)) continue
      const problem = `its column '${column.name}' is ${found === undefined ? 'missing' : JSON.stringify(found.type)}`
      throw new MillraceError('FILE_HEADER_MISMATCH', { details: { name: this.#order.name, problem } })
    }
    const result = await this.#connection.stream(this.#sql(all))
    const partBytes = this.#order.partBytes ?? PART_BYTES
    let part = new Gathering(this.#schema)
    for (;;) {
      const chunk = await result.fetchChunk()
      if (chunk === null || chunk.rowCount === 0) break
      this.#take(chunk, all, part)
      if (part.bytes < partBytes) continue
      yield this.#finish(part)
      part = new Gathering(this.#schema)
    }
    if (part.records > 0) yield this.#finish(part)
    const names = await namesOf(this.#connection, this.#from)
    const unread = names.map(({ name }) => name).filter((name) => !all.some((column) => column.name === name))
    return { records: this.#records, bad: this.#bad, controlTotals: [], unread }
  }

  #sql(columns: readonly ParquetColumn[]): string {
    const misfits = columns.flatMap(({ misfit }) => (misfit === null ? [] : [`WHEN ${misfit.when} THEN ${quoteText(misfit.reason)}`]))
    const reason = misfits.length === 0 ? 'CAST(NULL AS VARCHAR)' : `CASE ${misfits.join(' ')} END`
    const where = this.#records === 0 ? '' : ` WHERE file_row_number >= ${this.#records}`
    return `SELECT ${[...columns.map(({ select }) => select), reason].join(', ')} FROM ${this.#from}${where}`
  }

  #take(chunk: DuckDBDataChunk, columns: readonly ParquetColumn[], part: Gathering): void {
    const { transaction, timeMicros } = this.#order.origin
    const cells = columns.map((_, at) => chunk.getColumnValues(at))
    const reasons = chunk.getColumnValues(columns.length)
    for (let row = 0; row < chunk.rowCount; row += 1) {
      const values = cells.map((column) => valueOf(column[row] ?? null))
      const index = this.#records
      this.#records += 1
      part.records += 1
      const missing = this.#schema.columns.find(({ nullable }, at) => !nullable && values[at] === null)
      const reason = reasons[row] ?? (missing === undefined ? null : `${missing.name}: it must not be null`)
      if (reason !== null) {
        part.bad.push(badRow({ index, reason: String(reason), columns, values }))
        this.#bad += 1
        continue
      }
      part.builder.start(OPERATION.INSERT, transaction, index, timeMicros, false)
      for (const [at, value] of values.entries()) {
        part.builder.after[at]?.push(value)
        part.bytes += typeof value === 'string' || value instanceof Uint8Array ? value.length : CELL_BYTES
      }
    }
  }

  #finish(part: Gathering): RecordPart {
    const mark = { byte: 0, records: this.#records, bad: this.#bad }
    return { stream: null, batch: part.builder.finish(), bad: part.bad, records: part.records, bytes: part.bytes, mark }
  }
}

class Gathering {
  readonly builder: BatchBuilder
  readonly bad: BadRecord[] = []
  records = 0
  bytes = 0

  constructor(schema: RecordSchema['schema']) {
    this.builder = new BatchBuilder(schema)
  }
}

/** Parquet has no record as bytes: what is kept of it is its row as JSON. */
function badRow(given: { index: number; reason: string; columns: readonly ParquetColumn[]; values: readonly Value[] }): BadRecord {
  const { index, reason, columns, values } = given
  const row: Record<string, JsonValue> = Object.fromEntries(
    columns.map(({ name, type }, at) => [name, valueToJson(type, values[at] ?? null)]),
  )
  return { index, line: index + 1, reason, raw: Buffer.from(JSON.stringify(row)), row }
}

function valueOf(value: DuckDBValue): Value {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value
  if (typeof value === 'bigint') return wholeNumber(value)
  if (value instanceof DuckDBDecimalValue) return wholeNumber(value.value)
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue || value instanceof DuckDBTimeValue)
    return wholeNumber(value.micros)
  if (value instanceof DuckDBDateValue) return value.days
  if (value instanceof DuckDBBlobValue) return Uint8Array.from(value.bytes)
  return String(value)
}

async function namesOf(connection: DuckDBConnection, from: string): Promise<readonly { name: string; type: string }[]> {
  const result = await connection.runAndReadAll(`DESCRIBE SELECT * EXCLUDE (file_row_number) FROM ${from}`)
  return result.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }))
}

async function columnsOf(
  connection: DuckDBConnection,
  from: string,
  { format, name }: Pick<ParquetFile, 'format' | 'name'>,
): Promise<readonly ParquetColumn[]> {
  const found = await namesOf(connection, from)
  const wanted = format.columns ?? found.map((column) => column.name)
  return wanted.map((column) => {
    const type = found.find((candidate) => candidate.name === column)?.type
    if (type === undefined) throw new MillraceError('FILE_HEADER_MISMATCH', { details: { name, problem: `it has no column '${column}'` } })
    const mapped = parquetColumn(column, type)
    if (mapped === null) throw new MillraceError('FILE_TYPE_UNSUPPORTED', { details: { column, name, type } })
    return mapped
  })
}

interface Opened {
  readonly connection: DuckDBConnection
  readonly from: string
  close(): Promise<void>
}

async function withConnection<Result>(
  file: ParquetFile,
  work: (connection: DuckDBConnection, from: string) => Promise<Result>,
): Promise<Result> {
  const opened = await open(file)
  try {
    return await work(opened.connection, opened.from)
  } catch (error) {
    throw damaged(error, file.name)
  } finally {
    await opened.close()
  }
}

/** DuckDB takes `*`, `?` and `[` in a path for a pattern, so it only ever sees a link whose name has none. */
async function open({ path }: Pick<ParquetFile, 'path'>): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-parquet-'))
  const link = join(folder, 'file.parquet')
  await symlink(resolve(path), link)
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: MEMORY, autoinstall_known_extensions: 'false' })
  const connection = await instance.connect()
  return {
    connection,
    from: `read_parquet(${quoteText(link)}, file_row_number = true)`,
    async close() {
      connection.closeSync()
      instance.closeSync()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function damaged(error: unknown, name: string): Error {
  if (error instanceof MillraceError) return error
  const what = describeError(error).split('\n')[0] ?? ''
  return new MillraceError('FILE_DAMAGED', { cause: error, details: { name, format: 'Parquet', what } })
}

function invalid(name: string, problem: string): MillraceError {
  return new MillraceError('FILE_FORMAT_INVALID', { details: { name, problem } })
}
