/** DuckDB over the same rows: what every live model must equal (law 3). */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { assert } from '@millrace/base'
import { type Schema, sqlNameOf, type Type, type Value, valueToText } from '@millrace/core'
import { createTables, readDuckdbValue, relationName, type TableDefinition } from '@millrace/sql'

export class Oracle {
  readonly #connection: DuckDBConnection
  readonly #tables: ReadonlyMap<string, Schema>

  private constructor(connection: DuckDBConnection, tables: readonly TableDefinition[]) {
    this.#connection = connection
    this.#tables = new Map(tables.map(({ name, schema }) => [name, schema]))
  }

  static async open(tables: readonly TableDefinition[]): Promise<Oracle> {
    const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
    await createTables(connection, tables)
    return new Oracle(connection, tables)
  }

  /** Whether DuckDB can answer at all: a database of its own is asked, for an internal error is the end of it. */
  static async canPlan(tables: readonly TableDefinition[], sql: string): Promise<boolean> {
    const oracle = await Oracle.open(tables)
    try {
      await oracle.rows(sql)
      return true
    } catch (error) {
      if (error instanceof Error && /^(INTERNAL|Not implemented) Error/.test(error.message)) return false
      throw error
    } finally {
      oracle.close()
    }
  }

  async setRows(table: string, rows: Iterable<readonly Value[]>): Promise<void> {
    const schema = this.#tables.get(table)
    assert(schema !== undefined, 'the table is known')
    await this.#connection.run(`DELETE FROM ${relationName(table)}`)
    const tuples = [...rows].map((row) => `(${row.map((value, at) => literal(schema.columns[at]?.type as Type, value)).join(', ')})`)
    if (tuples.length > 0) await this.#connection.run(`INSERT INTO ${relationName(table)} VALUES ${tuples.join(', ')}`)
  }

  async rows(sql: string): Promise<readonly (readonly Value[])[]> {
    const result = await this.#connection.runAndReadAll(sql)
    return result.getRows().map((row) => row.map((value) => readDuckdbValue(value) as Value))
  }

  /** Keeps a model's rows under its name, for the models that read it. */
  async define(name: string, sql: string): Promise<void> {
    await this.#connection.run(`CREATE OR REPLACE VIEW ${relationName(name)} AS ${sql}`)
  }

  close(): void {
    this.#connection.closeSync()
  }
}

function literal(type: Type, value: Value): string {
  if (value === null) return 'NULL'
  return `'${valueToText(type, value).replaceAll("'", "''")}'::${sqlNameOf(type)}`
}
