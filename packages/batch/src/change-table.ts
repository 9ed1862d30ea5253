/**
 * A stream's changes up to a cut as a DuckDB table, one row per change, nothing folded yet. The columns
 * have plain names (`a0` after, `b0` before), so that no column of a stream can collide with ours.
 *
 * A stream whose schema changed has one table per era, cast to the newest schema where they are united.
 */
import { setImmediate as yieldToOthers } from 'node:timers/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import {
  type Batch,
  CELL,
  type Column,
  type LogReader,
  OPERATION,
  type Schema,
  sliceBatch,
  isNested,
  sqlNameOf,
  type StoredBatch,
  type StreamInfo,
  type Type,
  type Vector,
} from '@millrace/core'
import { type Carrier, carrierOf } from './carrier.ts'
import { ChangeEra, type LoadedColumn } from './change-era.ts'
import { absent, integers, origin, resolved, toldBefore } from './change-vectors.ts'
import { nestedFromJson } from './nested-from-json.ts'

export interface ChangeTableRequest {
  readonly connection: DuckDBConnection
  readonly reader: LogReader
  readonly stream: StreamInfo
  /** Names the tables that are made. */
  readonly prefix: string
  readonly untilCut: number
  /** Only batches of a model's stream that reflect inputs up to this cut. */
  readonly untilAsOf?: number
  /** Only changes of the source's transactions before this one, whenever they were written. */
  readonly beforeTransaction?: number
  /** Indexes of the columns to load, in the stream's order. */
  readonly columns: readonly number[]
  /** Which of `columns` also have their value before the change. */
  readonly before: readonly number[]
  /** Whether what came before a truncation may be left out: it takes no part in the relation. */
  readonly onlyLiving: boolean
  /** Whether each row tells its partition, position, cut, transaction, index and time. */
  readonly withOrigin: boolean
  readonly onChanges?: (count: number) => void
  readonly signal?: AbortSignal | undefined
}

export interface ChangeTable {
  /** `SELECT` of all eras: `sequence, operation, told_before, untold0…, a0…, b0…` and the origin. */
  readonly sql: string
  readonly tables: readonly string[]
  readonly changes: number
  readonly operations: ReadonlySet<number>
  /** Which of the columns (by place in `columns`) some insert or update did not tell. */
  readonly untold: ReadonlySet<number>
  /** Whether some change that removes a row (or, for an update, replaces one) did not tell all of it. */
  readonly someRemovalUntold: boolean
}

export const UNTOLD_BITS = 32
const YIELD_MS = 25

export async function loadChanges(request: ChangeTableRequest): Promise<ChangeTable> {
  const loader = new ChangeLoader(request)
  const { reader, stream, untilCut, untilAsOf } = request
  let yieldedMs = performance.now()
  for (const stored of reader.read(stream.name, { untilCut })) {
    if (untilAsOf !== undefined && stored.asOf !== null && stored.asOf > untilAsOf) break
    await addBatches(loader, stored, request.beforeTransaction ?? Infinity)
    if (performance.now() - yieldedMs < YIELD_MS) continue
    await yieldToOthers()
    request.signal?.throwIfAborted()
    yieldedMs = performance.now()
  }
  return loader.finish()
}

/** Rows as they are, from elsewhere than the log, as a change table of inserts. */
export async function loadRows(request: ChangeTableRequest, batches: AsyncIterable<Batch>): Promise<ChangeTable> {
  const loader = new ChangeLoader(request)
  for await (const batch of batches) {
    await loader.add(batch, null)
    request.signal?.throwIfAborted()
  }
  return loader.finish()
}

/** All of a batch, or the runs of it that come before a transaction. */
async function addBatches(loader: ChangeLoader, stored: StoredBatch, before: number): Promise<void> {
  const batch = stored.batch()
  const { transactions, count } = batch
  for (let from = 0; from < count;) {
    let to = from
    while (to < count && (transactions[to] as number) < before) to += 1
    if (to > from) await loader.add(to - from === count ? batch : sliceBatch(batch, from, to), stored)
    from = to + 1
  }
}

const INT64 = carrierOf({ kind: 'int64' })
const ORIGIN: readonly LoadedColumn[] = [
  { name: 'partition', carrier: INT64 },
  { name: 'position', carrier: INT64 },
  { name: 'cut', carrier: INT64 },
  { name: 'transaction', carrier: INT64 },
  { name: 'place', carrier: INT64 },
  { name: 'committed_at', carrier: carrierOf({ kind: 'timestamptz' }) },
]

class ChangeLoader {
  readonly #request: ChangeTableRequest
  readonly #eras: ChangeEra[] = []
  readonly #operations = new Set<number>()
  readonly #untold = new Set<number>()
  #someRemovalUntold = false
  #changes = 0
  #opened = 0

  constructor(request: ChangeTableRequest) {
    this.#request = request
  }

  /** `stored` tells the origin of the changes, where that is asked for. */
  async add(batch: Batch, stored: StoredBatch | null): Promise<void> {
    if (batch.count === 0) return
    if (this.#request.onlyLiving && batch.operations.includes(OPERATION.TRUNCATE)) await this.#startOver()
    const era = await this.#eraOf(batch.schema)
    era.append(this.#vectors(stored, batch, era), batch.count)
    this.#changes += batch.count
    this.#request.onChanges?.(batch.count)
  }

  async finish(): Promise<ChangeTable> {
    const { stream, columns, before, withOrigin } = this.#request
    if (this.#eras.length === 0) await this.#eraOf(stream.schema)
    for (const era of this.#eras) era.close()
    const wanted = columns.map((index) => stream.schema.columns[index] as Column)
    const fixed = [
      'sequence',
      'operation',
      'told_before',
      ...untoldNames(columns.length),
      ...(withOrigin ? ORIGIN.map((column) => column.name) : []),
    ]
    const cast = (name: string, type: Type): string =>
      `CAST(${isNested(type) ? nestedFromJson(type, name) : name} AS ${sqlNameOf(type)}) AS ${name}`
    const list = [
      ...fixed,
      ...wanted.map((column, at) => cast(`a${at}`, column.type)),
      ...before.map((index) => cast(`b${columns.indexOf(index)}`, (stream.schema.columns[index] as Column).type)),
    ].join(', ')
    return {
      sql: this.#eras.map((era) => `SELECT ${list} FROM ${era.table}`).join(' UNION ALL '),
      tables: this.#eras.map((era) => era.table),
      changes: this.#changes,
      operations: this.#operations,
      untold: this.#untold,
      someRemovalUntold: this.#someRemovalUntold,
    }
  }

  /** Rows before a truncation may have another shape, which nothing requires to fit today's. */
  async #startOver(): Promise<void> {
    for (const era of this.#eras.splice(0)) {
      era.close()
      await this.#request.connection.run(`DROP TABLE ${era.table}`)
    }
    this.#operations.clear()
    this.#untold.clear()
    this.#someRemovalUntold = false
  }

  async #eraOf(schema: Schema): Promise<ChangeEra> {
    const { stream, columns, before, connection, prefix, withOrigin } = this.#request
    const places = columns.map((index) => placeIn(schema, stream.schema.columns[index] as Column))
    const types = places.map((place, at) => (schema.columns[place] ?? (stream.schema.columns[columns[at] as number] as Column)).type)
    const last = this.#eras.at(-1)
    if (last !== undefined && last.fits(places, types)) return last
    const loaded: LoadedColumn[] = [
      { name: 'sequence', carrier: INT64 },
      { name: 'operation', carrier: flagCarrier() },
      { name: 'told_before', carrier: carrierOf({ kind: 'boolean' }) },
      ...untoldNames(columns.length).map((name) => ({ name, carrier: carrierOf({ kind: 'uint32' }) })),
      ...(withOrigin ? ORIGIN : []),
      ...types.map((type, at) => ({ name: `a${at}`, carrier: carrierOf(type) })),
      ...before.map((index) => ({ name: `b${columns.indexOf(index)}`, carrier: carrierOf(types[columns.indexOf(index)] as Type) })),
    ]
    const era = await ChangeEra.open(connection, { table: `${prefix}_era${(this.#opened += 1)}`, loaded, places, types })
    this.#eras.push(era)
    return era
  }

  /** One vector per loaded column, in the order of the era's columns. */
  #vectors(stored: StoredBatch | null, batch: Batch, era: ChangeEra): Vector[] {
    const { columns, before, withOrigin } = this.#request
    const { count } = batch
    const after = era.places.map((place, at) => resolved(batch, place, era.types[at] as Type))
    const befores = before.map((index) => {
      const at = columns.indexOf(index)
      return batch.before?.[era.places[at] as number] ?? absent(era.types[at] as Type, count)
    })
    const told = toldBefore(batch, befores)
    const untold = this.#untoldWords(batch, after)
    this.#note(batch, told)
    return [
      integers(count, (row) => this.#changes + row),
      { layout: 'boolean', values: batch.operations, cells: null },
      { layout: 'boolean', values: told, cells: null },
      ...untold,
      ...(withOrigin && stored !== null ? origin(stored, batch) : []),
      ...after,
      ...befores,
    ]
  }

  #note(batch: Batch, told: Uint8Array): void {
    for (let row = 0; row < batch.count; row += 1) {
      const operation = batch.operations[row] as number
      this.#operations.add(operation)
      if (operation === OPERATION.UPDATE && told[row] === 0) this.#someRemovalUntold = true
    }
  }

  /** Per change one bit for each column that it does not tell. */
  #untoldWords(batch: Batch, after: readonly Vector[]): Vector[] {
    return untoldNames(after.length).map((_, word) => {
      const values = new Float64Array(batch.count)
      for (let bit = 0; bit < UNTOLD_BITS; bit += 1) {
        const at = word * UNTOLD_BITS + bit
        const cells = after[at]?.cells
        if (cells === null || cells === undefined) continue
        for (let row = 0; row < batch.count; row += 1) {
          if ((cells[row] as number) < CELL.UNCHANGED) continue
          values[row] = (values[row] as number) + 2 ** bit
          const operation = batch.operations[row]
          if (operation === OPERATION.DELETE) this.#someRemovalUntold = true
          else if (operation !== OPERATION.TRUNCATE) this.#untold.add(at)
        }
      }
      return { layout: 'integer', values, cells: null }
    })
  }
}

export function untoldNames(columnCount: number): string[] {
  return Array.from({ length: Math.ceil(columnCount / UNTOLD_BITS) }, (_, word) => `untold${word}`)
}

/** An operation travels as its number. */
function flagCarrier(): Carrier {
  return { lies: 'boolean', type: carrierOf({ kind: 'uint8' }).type }
}

function placeIn(schema: Schema, column: Column): number {
  return schema.columns.findIndex((candidate) => candidate.name === column.name)
}
