/**
 * DuckDB over the same rows: what every live model must equal (law 3). One instance serves one case after
 * another, each in a database of its own; it is made anew after an internal error, which is its end.
 */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { assert } from '@millrace/base'
import type { Schema, StreamDefinition, Type, Value } from '@millrace/core'
import { createTables, readDuckdbValue, relationName, valueSql } from '@millrace/sql'

export type Answer =
  | { readonly kind: 'rows'; readonly rows: readonly (readonly Value[])[] }
  /** DuckDB cannot compute it: an overflow, or what it does not implement. */
  | { readonly kind: 'error'; readonly problem: string }

export class Oracle {
  #instance: DuckDBInstance | null = null
  #connection: DuckDBConnection | null = null
  #cases = 0
  #tables: readonly StreamDefinition[] = []
  readonly #rows = new Map<string, readonly (readonly Value[])[]>()
  readonly #views = new Map<string, string>()

  /** Forgets the case before and makes the tables of the next. */
  async begin(tables: readonly StreamDefinition[]): Promise<void> {
    this.#tables = tables
    this.#rows.clear()
    this.#views.clear()
    await this.#database()
  }

  async setRows(table: string, rows: readonly (readonly Value[])[]): Promise<void> {
    const schema = this.#tables.find(({ name }) => name === table)?.schema
    assert(schema !== undefined, 'the table is known')
    const isNew = !this.#rows.has(table)
    this.#rows.set(table, rows)
    if (!isNew) await this.#run(`DELETE FROM ${relationName(table)}`)
    if (rows.length > 0) await this.#run(`INSERT INTO ${relationName(table)} VALUES ${rows.map((row) => tuple(schema, row)).join(', ')}`)
  }

  /** Keeps a query under its name, for the queries that read it. */
  async define(name: string, sql: string): Promise<void> {
    await this.#run(`CREATE OR REPLACE VIEW ${relationName(name)} AS ${sql}`)
    this.#views.set(name, sql)
  }

  async answer(sql: string): Promise<Answer> {
    try {
      const result = await (this.#connection as DuckDBConnection).runAndReadAll(sql)
      return { kind: 'rows', rows: result.getRows().map((row) => row.map((value) => readDuckdbValue(value) as Value)) }
    } catch (error) {
      if (!(error instanceof Error)) throw error
      if (/INTERNAL Error|database has been invalidated/.test(error.message)) await this.#beginAgain()
      return { kind: 'error', problem: error.message }
    }
  }

  close(): void {
    this.#connection?.closeSync()
    this.#instance?.closeSync()
    this.#connection = null
    this.#instance = null
  }

  async #database(): Promise<void> {
    this.#instance ??= await DuckDBInstance.create(':memory:', { threads: '1' })
    this.#connection ??= await this.#instance.connect()
    await this.#run("SET TimeZone = 'UTC'")
    const before = this.#cases
    this.#cases += 1
    await this.#run(`ATTACH ':memory:' AS case_${this.#cases}`)
    await this.#run(`USE case_${this.#cases}`)
    if (before > 0) await this.#run(`DETACH case_${before}`)
    await createTables(this.#connection, this.#tables)
  }

  async #beginAgain(): Promise<void> {
    this.close()
    this.#cases = 0
    await this.#database()
    const rows = [...this.#rows]
    this.#rows.clear()
    for (const [table, held] of rows) await this.setRows(table, held)
    for (const [name, sql] of this.#views) await this.define(name, sql)
  }

  async #run(sql: string): Promise<void> {
    await (this.#connection as DuckDBConnection).run(sql)
  }
}

function tuple(schema: Schema, row: readonly Value[]): string {
  return `(${row.map((value, at) => valueSql(schema.columns[at]?.type as Type, value)).join(', ')})`
}
