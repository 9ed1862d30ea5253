import { DuckDBDateValue, DuckDBDecimalValue, type DuckDBAppender, type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { Type, Value } from '@millrace/core'
import { textOf } from '@millrace/live/testing'
import { createTables, readDuckdbValue } from '@millrace/sql'
import type { OrderRows, Row } from './generator.ts'
import { TABLE_NAMES, type TableName, TABLES } from './tables.ts'

/** The same rows in DuckDB on one thread: what recomputing costs, and what the answer is. */
export class DuckdbCopy {
  readonly #connection: DuckDBConnection

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection
  }

  static async open(rows: Readonly<Record<TableName, readonly Row[]>>): Promise<DuckdbCopy> {
    const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
    await createTables(
      connection,
      TABLE_NAMES.map((name) => TABLES[name]),
    )
    const copy = new DuckdbCopy(connection)
    for (const name of TABLE_NAMES) await copy.#append(name, rows[name])
    return copy
  }

  async insert(orders: readonly OrderRows[]): Promise<void> {
    await this.#append(
      'orders',
      orders.map(({ order }) => order),
    )
    await this.#append(
      'lineitem',
      orders.flatMap(({ lines }) => lines),
    )
  }

  async delete(orders: readonly OrderRows[]): Promise<void> {
    const keys = orders.map(({ order }) => String(order[0])).join(', ')
    await this.#connection.run(`DELETE FROM tpch.orders WHERE o_orderkey IN (${keys})`)
    await this.#connection.run(`DELETE FROM tpch.lineitem WHERE l_orderkey IN (${keys})`)
  }

  /** The rows as sorted text, and how long they took. */
  async answer(sql: string): Promise<{ readonly rows: readonly string[]; readonly ms: number }> {
    const startMs = performance.now()
    const result = await this.#connection.runAndReadAll(sql)
    const ms = performance.now() - startMs
    const rows = result.getRows().map((row) => textOf(row.map((value) => readDuckdbValue(value) as Value)))
    return { rows: rows.sort(), ms }
  }

  close(): void {
    this.#connection.closeSync()
  }

  async #append(name: TableName, rows: readonly Row[]): Promise<void> {
    const appender = await this.#connection.createAppender(name, 'tpch')
    const types = TABLES[name].schema.columns.map(({ type }) => type)
    for (const row of rows) {
      for (const [at, type] of types.entries()) appendCell(appender, type, row[at] as Value)
      appender.endRow()
    }
    appender.closeSync()
  }
}

function appendCell(appender: DuckDBAppender, type: Type, value: Value): void {
  if (type.kind === 'text') appender.appendVarchar(value as string)
  else if (type.kind === 'int32') appender.appendInteger(value as number)
  else if (type.kind === 'date') appender.appendDate(new DuckDBDateValue(value as number))
  else if (type.kind === 'decimal') appender.appendDecimal(new DuckDBDecimalValue(BigInt(value as number), type.width, type.scale))
  else appender.appendBigInt(BigInt(value as number))
}
