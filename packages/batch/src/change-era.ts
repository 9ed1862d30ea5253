import { type DuckDBAppender, type DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
import { sameType, type Type, type Vector } from '@millrace/core'
import type { Carrier } from './carrier.ts'
import { cellWriter } from './cell-writer.ts'
import { type CellWriter, CHUNK_ROWS } from './chunk.ts'

export interface LoadedColumn {
  readonly name: string
  readonly carrier: Carrier
}

/** The changes that were written under one schema, as a table of their own. */
export class ChangeEra {
  readonly table: string
  /** For each wanted column its place in the era's schema, -1 where it did not exist yet. */
  readonly places: readonly number[]
  readonly types: readonly Type[]
  readonly #writers: readonly CellWriter[]
  readonly #chunk: DuckDBDataChunk
  readonly #appender: DuckDBAppender
  #filled = 0

  private constructor(options: EraOptions, appender: DuckDBAppender) {
    this.table = options.table
    this.places = options.places
    this.types = options.types
    this.#writers = options.loaded.map((column) => cellWriter(column.carrier))
    this.#chunk = DuckDBDataChunk.create(options.loaded.map((column) => column.carrier.type))
    this.#appender = appender
  }

  static async open(connection: DuckDBConnection, options: EraOptions): Promise<ChangeEra> {
    const columns = options.loaded.map((column) => `${column.name} ${column.carrier.type.toString()}`)
    await connection.run(`CREATE TABLE ${options.table} (${columns.join(', ')})`)
    return new ChangeEra(options, await connection.createAppender(options.table))
  }

  fits(places: readonly number[], types: readonly Type[]): boolean {
    return places.every((place, at) => place === this.places[at] && sameType(types[at] as Type, this.types[at] as Type))
  }

  append(vectors: readonly Vector[], count: number): void {
    for (let from = 0; from < count;) {
      const rows = Math.min(count - from, CHUNK_ROWS - this.#filled)
      for (const [at, writer] of this.#writers.entries()) writer.write(vectors[at] as Vector, from, rows, this.#filled)
      this.#filled += rows
      from += rows
      if (this.#filled === CHUNK_ROWS) this.#flush()
    }
  }

  close(): void {
    if (this.#filled > 0) this.#flush()
    this.#appender.closeSync()
  }

  #flush(): void {
    for (const [at, writer] of this.#writers.entries()) writer.flush(duckdb.data_chunk_get_vector(this.#chunk.chunk, at), this.#filled)
    this.#chunk.rowCount = this.#filled
    this.#appender.appendDataChunk(this.#chunk)
    this.#chunk.reset()
    this.#filled = 0
  }
}

export interface EraOptions {
  readonly table: string
  readonly loaded: readonly LoadedColumn[]
  readonly places: readonly number[]
  readonly types: readonly Type[]
}
