/**
 * Owns a DuckDB that evaluates scalar expressions for an operator's thread, which waits meanwhile. Each
 * expression has a table for its inputs and a prepared statement over it; the least used are dropped.
 */
import { type DuckDBConnection, DuckDBDataChunk, DuckDBInstance, type DuckDBPreparedStatement } from '@duckdb/node-api'
import { workerData } from 'node:worker_threads'
import {
  decodeVectors,
  encodeVectors,
  layoutOf,
  sqlNameOf,
  type Type,
  type Value,
  valueAt,
  type Vector,
  VectorBuilder,
} from '@millrace/core'
import { toDuckdbType } from '../duckdb-type.ts'
import { readDuckdbValue, toDuckdbValue } from '../duckdb-value.ts'
import { EVALUATION_SETTINGS } from '../evaluation-settings.ts'
import type { EvaluationAnswer, EvaluationRequest, EvaluatorOptions } from './protocol.ts'

const EXPRESSIONS_LIMIT = 256
/** As many rows as a chunk of DuckDB has. */
const CHUNK_ROWS = 2048
/** DuckDB's own memory; beyond it the expression fails. */
const MEMORY_LIMIT = '512MB'

interface Prepared {
  readonly table: string
  readonly statement: DuckDBPreparedStatement
}

interface Opened {
  readonly instance: DuckDBInstance
  readonly connection: DuckDBConnection
}

const { port, signal } = workerData as EvaluatorOptions
const prepared = new Map<string, Prepared>()
let tables = 0
let opened: Promise<Opened> | null = null

port.on('message', (request: EvaluationRequest | 'close') => {
  if (request === 'close') void close().then(signalAnswer, signalAnswer)
  else void answer(request).then(reply)
})

async function close(): Promise<void> {
  for (const { statement } of prepared.values()) statement.destroySync()
  prepared.clear()
  const { connection, instance } = (await opened) ?? {}
  connection?.closeSync()
  instance?.closeSync()
  opened = null
}

function reply(answered: EvaluationAnswer): void {
  port.postMessage(answered, 'bytes' in answered ? [answered.bytes.buffer] : [])
  signalAnswer()
}

function signalAnswer(): void {
  Atomics.store(signal, 0, 1)
  Atomics.notify(signal, 0)
}

async function answer(request: EvaluationRequest): Promise<EvaluationAnswer> {
  try {
    opened ??= open()
    const { connection } = await opened
    return { bytes: await evaluate(connection, request) }
  } catch (error) {
    return { problem: problemOf(error) }
  }
}

async function open(): Promise<Opened> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: MEMORY_LIMIT })
  const connection = await instance.connect()
  // A statement is prepared over its empty table, whose statistics hold for none of what comes later.
  await connection.run("SET disabled_optimizers = 'statistics_propagation'")
  for (const setting of EVALUATION_SETTINGS) await connection.run(setting)
  return { instance, connection }
}

/** DuckDB's message names the kind of error first, and then tells values, which must not be told. */
function problemOf(error: unknown): string {
  const kind = error instanceof Error ? /^([A-Z][A-Za-z ]{2,40}) Error: /.exec(error.message)?.[1] : undefined
  return kind === undefined ? 'DuckDB cannot evaluate it' : `${kind.toLowerCase()} error`
}

async function evaluate(connection: DuckDBConnection, request: EvaluationRequest): Promise<Uint8Array<ArrayBuffer>> {
  const { statement, table } = await preparedFor(connection, request)
  await connection.run(`TRUNCATE ${table}`)
  await fill(connection, table, request)
  const result = await statement.runAndReadAll()
  const builder = new VectorBuilder(layoutOf(request.output), request.count)
  for (const value of result.getColumns()[0] ?? []) builder.push(readDuckdbValue(value) as Value)
  return encodeVectors([builder.finish()], request.count)
}

async function fill(connection: DuckDBConnection, table: string, { inputs, bytes, count }: EvaluationRequest): Promise<void> {
  const { vectors } = decodeVectors(bytes)
  const appender = await connection.createAppender(table)
  const types = inputs.length === 0 ? [toDuckdbType({ kind: 'boolean' })] : inputs.map(toDuckdbType)
  for (let from = 0; from < count; from += CHUNK_ROWS) {
    const rows = Math.min(CHUNK_ROWS, count - from)
    const chunk = DuckDBDataChunk.create(types, rows)
    if (inputs.length === 0) chunk.setColumnValues(0, new Array<boolean>(rows).fill(true))
    for (const [at, type] of inputs.entries()) {
      const vector = vectors[at] as Vector
      chunk.setColumnValues(
        at,
        Array.from({ length: rows }, (_, row) => toDuckdbValue(type, valueAt(vector, from + row) ?? null)),
      )
    }
    appender.appendDataChunk(chunk)
  }
  appender.flushSync()
  appender.closeSync()
}

async function preparedFor(connection: DuckDBConnection, { sql, inputs }: EvaluationRequest): Promise<Prepared> {
  const types: readonly Type[] = inputs.length === 0 ? [{ kind: 'boolean' }] : inputs
  const key = JSON.stringify([sql, types])
  const known = prepared.get(key)
  if (known !== undefined) {
    prepared.delete(key)
    prepared.set(key, known)
    return known
  }
  await dropLeastUsed(connection)
  const table = `inputs${(tables += 1)}`
  await connection.run(`CREATE TABLE ${table} (${types.map((type, at) => `a${at} ${sqlNameOf(type)}`).join(', ')})`)
  const made = { table, statement: await connection.prepare(`SELECT ${sql} FROM ${table}`) }
  prepared.set(key, made)
  return made
}

async function dropLeastUsed(connection: DuckDBConnection): Promise<void> {
  if (prepared.size < EXPRESSIONS_LIMIT) return
  const [key, least] = prepared.entries().next().value as [string, Prepared]
  prepared.delete(key)
  least.statement.destroySync()
  await connection.run(`DROP TABLE ${least.table}`)
}
