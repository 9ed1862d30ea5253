/** What a model or a query yields, read from DuckDB piece by piece so that memory stays bounded. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { assert } from '@millrace/base'
import { layoutOf, type Schema, type Value, type Vector, VectorBuilder } from '@millrace/core'
import { typeOfDuckDB, valueOfDuckDB } from './duckdb-value.ts'

export class Relation {
  readonly schema: Schema
  readonly count: number
  readonly #connection: DuckDBConnection
  readonly #sql: string

  constructor(connection: DuckDBConnection, sql: string, shape: { readonly schema: Schema; readonly count: number }) {
    this.#connection = connection
    this.#sql = sql
    this.schema = shape.schema
    this.count = shape.count
  }

  /** The rows in chunks of columns. */
  async *chunks(): AsyncGenerator<readonly Vector[]> {
    const result = await this.#connection.stream(this.#sql)
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      const builders = this.schema.columns.map((column) => new VectorBuilder(layoutOf(column.type), chunk?.rowCount))
      for (const [at, builder] of builders.entries()) chunk.visitColumnValues(at, (value) => builder.push(valueOfDuckDB(value)))
      yield builders.map((builder) => builder.finish())
    }
  }

  async *rows(): AsyncGenerator<readonly Value[]> {
    const result = await this.#connection.stream(this.#sql)
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      for (const row of chunk.getRows()) yield row.map(valueOfDuckDB)
    }
  }

  /** All of it at once: for results that are known to be small. */
  async columns(): Promise<readonly Vector[]> {
    const builders = this.schema.columns.map((column) => new VectorBuilder(layoutOf(column.type)))
    for await (const row of this.rows()) for (const [at, builder] of builders.entries()) builder.push(row[at] as Value)
    return builders.map((builder) => builder.finish())
  }
}

/** A relation that lies in the database as a table or a view. */
export async function relationOf(connection: DuckDBConnection, quotedName: string, key: readonly number[] = []): Promise<Relation> {
  const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${quotedName}`)
  const statement = await connection.prepare(`SELECT * FROM ${quotedName}`)
  try {
    const columns = Array.from({ length: statement.columnCount }, (_, at) => {
      const type = typeOfDuckDB(statement.columnType(at))
      assert(type !== null, 'a model has only types of ours')
      return { name: statement.columnName(at), type, nullable: true }
    })
    return new Relation(connection, `SELECT * FROM ${quotedName}`, { schema: { columns, key }, count: Number(counted.getRows()[0]?.[0]) })
  } finally {
    statement.destroySync()
  }
}
