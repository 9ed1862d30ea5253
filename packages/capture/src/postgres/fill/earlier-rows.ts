/**
 * The rows that the log has of a stream, to compare with what the table holds: what is equal need not be
 * told again, and what the table no longer has is told as gone. They lie in a file of their own beside
 * the store, not in memory (law 8), and are folded anew in each session: nothing of them need be durable.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setImmediate as yieldToOthers } from 'node:timers/promises'
import { deserialize, serialize } from 'node:v8'
import {
  type Batch,
  BatchBuilder,
  type LogReader,
  OPERATION,
  sameType,
  type Schema,
  type Value,
  valueAt,
  valueToText,
} from '@millrace/core'

type Cells = (Value | undefined)[]

export interface EarlierRow {
  readonly partition: number
  readonly cells: readonly (Value | undefined)[]
}

const YIELD_MS = 20
const PAGE_ROWS = 500

export interface EarlierRowsOptions {
  readonly reader: LogReader
  readonly stream: string
  /** The table's shape now; columns are matched by name. */
  readonly schema: Schema
  /** Only changes of transactions before this place in the log. */
  readonly before: number
  readonly folder: string
}

export class EarlierRows {
  readonly #options: EarlierRowsOptions
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #get: StatementSync
  readonly #put: StatementSync
  readonly #delete: StatementSync
  readonly #see: StatementSync
  readonly #truncate: StatementSync
  /** False where rows were written with other types or another key: they cannot be compared with the table's. */
  fits = true

  private constructor(options: EarlierRowsOptions) {
    this.#options = options
    mkdirSync(options.folder, { recursive: true })
    this.#path = join(options.folder, `${options.stream.replaceAll(/[^A-Za-z0-9_.-]/g, '_')}-${process.pid}-${Date.now()}.db`)
    this.#db = new DatabaseSync(this.#path)
    this.#db.exec('pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -16000')
    this.#db.exec(
      'create table row (key text primary key, cells blob not null, part integer not null, seen integer not null default 0) without rowid',
    )
    this.#get = this.#db.prepare('select cells from row where key = ?')
    this.#put = this.#db.prepare('insert or replace into row (key, cells, part) values (?, ?, ?)')
    this.#delete = this.#db.prepare('delete from row where key = ?')
    this.#truncate = this.#db.prepare('delete from row where part = ?')
    this.#see = this.#db.prepare('update row set seen = 1 where key = ?')
  }

  static async load(options: EarlierRowsOptions): Promise<EarlierRows> {
    const rows = new EarlierRows(options)
    await rows.#load()
    return rows
  }

  close(): void {
    this.#db.close()
    rmSync(this.#path, { force: true })
  }

  /** Rows of a chunk that the log does not have just so; null where it has all. All are marked as seen. */
  differing(batch: Batch): Batch | null {
    const { schema } = batch
    const builder = new BatchBuilder(schema, 64)
    this.#db.exec('begin')
    for (let row = 0; row < batch.count; row += 1) {
      const cells = batch.after.map((vector) => valueAt(vector, row))
      const key = this.#keyOf(cells, schema.key)
      const old = this.#row(key)
      if (old !== null) this.#see.run(key)
      if (old !== null && cells.every((cell, column) => isSame(cell, old[column]))) continue
      const origin = {
        transaction: batch.transactions[row] as number,
        index: batch.indexes[row] as number,
        time: batch.times[row] as number,
      }
      builder.push(old === null ? 'insert' : 'update', origin, cells, ...(old === null ? [] : [old]))
    }
    this.#db.exec('commit')
    return builder.count === 0 ? null : builder.finish()
  }

  /** Rows that no chunk has had, some at a time. */
  *unseen(): IterableIterator<EarlierRow[]> {
    const page = this.#db.prepare(`select key, cells, part from row where seen = 0 and key > ? order by key limit ${PAGE_ROWS}`)
    for (let after = ''; ;) {
      const rows = page.all(after) as { key: string; cells: Uint8Array; part: number }[]
      if (rows.length > 0) yield rows.map(({ cells, part }) => ({ partition: part, cells: deserialize(cells) as Cells }))
      if (rows.length < PAGE_ROWS) return
      after = rows.at(-1)?.key ?? ''
    }
  }

  async #load(): Promise<void> {
    const { reader, stream, schema, before } = this.#options
    let yieldedMs = performance.now()
    this.#db.exec('begin')
    for (const stored of reader.read(stream)) {
      const batch = stored.batch()
      const places = schema.columns.map(({ name }) => batch.schema.columns.findIndex((column) => column.name === name))
      if (batch.schema !== schema && !isComparable(batch.schema, schema)) this.fits = false
      for (let row = 0; row < batch.count; row += 1)
        if ((batch.transactions[row] as number) < before) this.#fold(batch, row, { places, partition: stored.partition })
      if (performance.now() - yieldedMs < YIELD_MS) continue
      await yieldToOthers()
      yieldedMs = performance.now()
    }
    this.#db.exec('commit')
  }

  #fold(batch: Batch, row: number, { places, partition }: { places: readonly number[]; partition: number }): void {
    const operation = batch.operations[row]
    if (operation === OPERATION.TRUNCATE) {
      this.fits = isComparable(batch.schema, this.#options.schema)
      return void this.#truncate.run(partition)
    }
    const { key } = this.#options.schema
    const cells = cellsAt(batch.after, places, row)
    const before = batch.before === null ? null : cellsAt(batch.before, places, row)
    const isTold = before !== null && key.every((column) => before[column] !== undefined)
    const oldKey = this.#keyOf(isTold ? before : cells, key)
    if (operation === OPERATION.DELETE) return void this.#delete.run(oldKey)
    const newKey = this.#keyOf(cells, key)
    if (cells.includes(undefined)) {
      const old = this.#row(oldKey)
      for (const [column, cell] of cells.entries()) if (cell === undefined) cells[column] = old?.[column]
    }
    if (oldKey !== newKey) this.#delete.run(oldKey)
    this.#put.run(newKey, serialize(cells), partition)
  }

  #row(key: string): Cells | null {
    const found = this.#get.get(key) as { cells: Uint8Array } | undefined
    return found === undefined ? null : (deserialize(found.cells) as Cells)
  }

  #keyOf(cells: Cells, key: readonly number[]): string {
    const { columns } = this.#options.schema
    return JSON.stringify(
      key.map((at) => {
        const cell = cells[at]
        const column = columns[at]
        return cell === null || cell === undefined || column === undefined ? null : valueToText(column.type, cell)
      }),
    )
  }
}

function isComparable(before: Schema, now: Schema): boolean {
  const keyOf = ({ columns, key }: Schema): string => JSON.stringify(key.map((at) => columns[at]?.name))
  const known = new Map(now.columns.map(({ name, type }) => [name, type]))
  return keyOf(before) === keyOf(now) && before.columns.every(({ name, type }) => sameType(known.get(name) ?? type, type))
}

function cellsAt(vectors: Batch['after'], places: readonly number[], row: number): Cells {
  return places.map((place) => {
    const vector = vectors[place]
    return vector === undefined ? undefined : valueAt(vector, row)
  })
}

function isSame(left: Value | undefined, right: Value | undefined): boolean {
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.compare(left, right) === 0
  return Object.is(left, right)
}
