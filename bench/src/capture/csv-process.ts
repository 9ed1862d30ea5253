/**
 * One reading of a CSV file to typed columns, by one reader, in a process of its own. Each first reads a small
 * file of the same kind (`warm`), as a program that runs for long has done.
 */
import { declaredSchemas, readRecords } from '@millrace/capture'
import { sqlNameOf } from '@millrace/core'
import { createReadStream } from 'node:fs'
import { CSV_FORMAT, CSV_HEADER, csvRows } from './csv-file.ts'

export type CsvReading =
  | { readonly reader: 'millrace'; readonly path: string; readonly warm: string }
  /** Without a file: rows that are made once and come again and again, to see what memory a file of any size takes. */
  | { readonly reader: 'millrace'; readonly endless: { readonly rows: number } }
  /** `table`: the columns are kept; else they are only read, which is the quicker. */
  | { readonly reader: 'duckdb'; readonly path: string; readonly warm: string; readonly threads: number | null; readonly table: boolean }

export interface CsvRead {
  readonly rows: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakBytes: number
}

const CHUNK_BYTES = 1_048_576
const REPEATED_ROWS = 10_000

async function readWithMillrace(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  const schemas = declaredSchemas(CSV_FORMAT, 'file') ?? []
  const parts = readRecords({ bytes, format: CSV_FORMAT, schemas, name: 'file', origin: { transaction: 1, timeMicros: 0 } })
  let rows = 0
  for (let step = await parts.next(); ; step = await parts.next()) {
    if (step.done === true) {
      if (step.value.bad > 0) throw new Error(`${step.value.bad} rows were not read`)
      return rows
    }
    rows += step.value.batch.count
  }
}

async function* endless(rows: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from(CSV_HEADER)
  const piece = Buffer.from(csvRows(0, REPEATED_ROWS))
  for (let made = 0; made < rows; made += REPEATED_ROWS) yield piece
}

async function duckdb(order: CsvReading & { reader: 'duckdb' }): Promise<() => Promise<number>> {
  // Not loaded by the other reader, whose memory is measured.
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', order.threads === null ? {} : { threads: String(order.threads) })
  const connection = await instance.connect()
  const columns = (declaredSchemas(CSV_FORMAT, 'file') ?? []).flatMap(({ schema }) => schema.columns)
  const declared = columns.map(({ name, type }) => `'${name}': '${sqlNameOf(type)}'`).join(', ')
  const fileAt = (path: string): string =>
    `read_csv('${path}', header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', columns = {${declared}})`
  // A count of each column has each cell read, and costs next to nothing itself.
  const counts = columns.map(({ name }) => `count("${name}")`).join(', ')
  await connection.run(`SELECT ${counts} FROM ${fileAt(order.warm)}`)
  const file = fileAt(order.path)
  return async () => {
    if (order.table) await connection.run(`CREATE TABLE file AS SELECT * FROM ${file}`)
    const result = await connection.runAndReadAll(`SELECT count(*), ${counts} FROM ${order.table ? 'file' : file}`)
    return Number(result.getRows()[0]?.[0])
  }
}

async function workOf(order: CsvReading): Promise<() => Promise<number>> {
  if (order.reader === 'duckdb') return duckdb(order)
  if ('path' in order) await readWithMillrace(createReadStream(order.warm, { highWaterMark: CHUNK_BYTES }))
  const bytes = 'path' in order ? createReadStream(order.path, { highWaterMark: CHUNK_BYTES }) : endless(order.endless.rows)
  return () => readWithMillrace(bytes)
}

const order = JSON.parse(process.argv[2] ?? '{}') as CsvReading
const work = await workOf(order)
const before = process.cpuUsage()
const started = performance.now()
const rows = await work()
const seconds = (performance.now() - started) / 1000
const { user, system } = process.cpuUsage(before)
const read: CsvRead = { rows, seconds, cpuSeconds: (user + system) / 1e6, peakBytes: process.resourceUsage().maxRSS * 1024 }
process.stdout.write(`${JSON.stringify(read)}\n`, () => process.exit(0))
