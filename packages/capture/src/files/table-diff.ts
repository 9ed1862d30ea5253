/**
 * What a file that is a whole table changes in it: rows that are new, rows that are others now, and rows that it
 * lacks. A record that cannot be read is parked, and its row is neither changed nor taken for missing; where not
 * even its key can be read, nobody could say which row that is, and the file is parked as a whole.
 */
import { MillraceError } from '@millrace/base'
import {
  type Append,
  type Batch,
  BatchBuilder,
  type ChangeOrigin,
  changeAt,
  type JsonValue,
  type Schema,
  type Value,
  valueFromJson,
  valueToJson,
} from '@millrace/core'
import type { BadRecord } from './format/record-reader.ts'
import { hashText, keyText, parkedKeyText } from './partition-of.ts'
import type { TableRow, TableRows } from './table-rows.ts'

export interface TableDiffOptions {
  readonly source: string
  readonly file: string
  readonly stream: string
  readonly schema: Schema
  readonly partitions: number
  readonly rows: TableRows
  /** That of the last file; 0 before the first. */
  readonly current: number
  /** That of this file: its transaction. */
  readonly generation: number
  readonly timeMicros: number
}

export interface Diffed {
  readonly appends: readonly Append[]
  readonly rows: readonly TableRow[]
  /** Records whose key stood in the file before. */
  readonly repeated: readonly { readonly index: number; readonly row: readonly (Value | undefined)[] }[]
}

type Row = readonly (Value | undefined)[]

const DELETES_AT_ONCE = 500

export class TableDiff {
  readonly #options: TableDiffOptions
  /** Keys of this file whose rows are not durable yet. */
  readonly #pending = new Set<string>()

  constructor(options: TableDiffOptions) {
    this.#options = options
  }

  /** What was told so far is durable, and is found in the table. */
  stored(): void {
    this.#pending.clear()
  }

  take(batch: Batch, bad: readonly BadRecord[]): Diffed {
    const { schema, rows, current, generation } = this.#options
    const changes = Array.from({ length: batch.count }, (_, at) => changeAt(batch, at))
    const keys = changes.map(({ after }) => keyText(schema, after))
    const badKeys = bad.map((record) => this.#badKey(record))
    const before = rows.find(current, [...keys])
    const mine = rows.find(generation, [...keys, ...badKeys])
    const builders = new Map<number, BatchBuilder>()
    const written: TableRow[] = []
    const repeated: { index: number; row: Row }[] = []
    const isNew = (key: string): boolean => {
      if (mine.has(key) || this.#pending.has(key)) return false
      this.#pending.add(key)
      return true
    }
    for (const key of badKeys) if (isNew(key)) written.push({ key, row: null })
    for (const [at, change] of changes.entries()) {
      const key = keys[at] as string
      if (!isNew(key)) {
        repeated.push({ index: change.index, row: change.after })
        continue
      }
      const row = this.#textOf(change.after)
      written.push({ key, row })
      this.#change(builders, { key, row: change.after, text: row, old: before.get(key) }, change)
    }
    return { appends: this.#appends(builders), rows: written, repeated }
  }

  /** The rows that the file lacks, a page at a time; all of the file must be durable. */
  *deletes(records: number): Generator<readonly Append[]> {
    const { rows, current, generation, timeMicros } = this.#options
    let index = records
    for (let after = ''; ;) {
      const page = rows.missing({ from: current, lackedBy: generation }, after, DELETES_AT_ONCE)
      const builders = new Map<number, BatchBuilder>()
      for (const { key, row } of page) {
        const origin = { transaction: generation, index, time: timeMicros }
        this.#builder(builders, key).push('delete', origin, row === null ? this.#keyRow(key) : this.#rowOf(row))
        index += 1
      }
      if (page.length > 0) yield this.#appends(builders)
      if (page.length < DELETES_AT_ONCE) return
      after = (page.at(-1) as TableRow).key
    }
  }

  /** `old`: undefined where there was no row, null where what it is cannot be told. */
  #change(
    builders: Map<number, BatchBuilder>,
    { key, row, text, old }: { key: string; row: Row; text: string; old: string | null | undefined },
    origin: ChangeOrigin,
  ): void {
    if (old === text) return
    const builder = this.#builder(builders, key)
    if (old === undefined) builder.push('insert', origin, row)
    else if (old === null) builder.push('update', origin, row)
    else builder.push('update', origin, row, this.#rowOf(old))
  }

  #badKey(record: BadRecord): string {
    const { schema, source, file } = this.#options
    const key = parkedKeyText(schema, record.row)
    if (key !== null) return key
    const what = `the key of its record in line ${record.line} cannot be read, so that nobody can tell which rows it lacks`
    throw new MillraceError('CAPTURE_FILE_UNREADABLE', { details: { source, file, what } })
  }

  #builder(builders: Map<number, BatchBuilder>, key: string): BatchBuilder {
    const partition = hashText(key) % this.#options.partitions
    let builder = builders.get(partition)
    if (builder === undefined) builders.set(partition, (builder = new BatchBuilder(this.#options.schema)))
    return builder
  }

  #appends(builders: ReadonlyMap<number, BatchBuilder>): Append[] {
    return [...builders].map(([partition, builder]) => ({ stream: this.#options.stream, partition, batch: builder.finish() }))
  }

  #textOf(row: Row): string {
    return JSON.stringify(this.#options.schema.columns.map(({ type }, at) => valueToJson(type, row[at] ?? null)))
  }

  #rowOf(text: string): Value[] {
    const values = JSON.parse(text) as JsonValue[]
    return this.#options.schema.columns.map(({ type }, at) => valueFromJson(type, values[at] ?? null))
  }

  /** All that is known of a row that could not be read. */
  #keyRow(key: string): Row {
    const { columns, key: at } = this.#options.schema
    const values = JSON.parse(key) as JsonValue[]
    return columns.map(({ type }, column) => (at.includes(column) ? valueFromJson(type, values[at.indexOf(column)] ?? null) : undefined))
  }
}
