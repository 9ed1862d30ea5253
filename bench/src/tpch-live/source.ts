import type { Batch } from '@millrace/core'
import { BatchBuilder } from '@millrace/core'
import type { Store } from '@millrace/store'
import type { OrderRows, Row } from './generator.ts'
import { TABLE_NAMES, type TableName, TABLES } from './tables.ts'

const ROWS_IN_COMMIT = 10_000

/** The tables' streams in a store, as a source would fill them. */
export class TpchSource {
  readonly #store: Store
  #transaction = 0

  constructor(store: Store) {
    this.#store = store
  }

  async fill(rows: Readonly<Record<TableName, readonly Row[]>>): Promise<void> {
    await this.#store.commit({ streams: TABLE_NAMES.map((name) => TABLES[name]) })
    for (const name of TABLE_NAMES) {
      for (let from = 0; from < rows[name].length; from += ROWS_IN_COMMIT) {
        await this.#commit('insert', new Map([[name, rows[name].slice(from, from + ROWS_IN_COMMIT)]]))
      }
    }
  }

  /** One commit. Resolves to its cut. */
  refresh(operation: 'insert' | 'delete', orders: readonly OrderRows[]): Promise<number> {
    const rows = new Map<TableName, readonly Row[]>([
      ['orders', orders.map(({ order }) => order)],
      ['lineitem', orders.flatMap(({ lines }) => lines)],
    ])
    return this.#commit(operation, rows)
  }

  async #commit(operation: 'insert' | 'delete', tables: ReadonlyMap<TableName, readonly Row[]>): Promise<number> {
    this.#transaction += 1
    const appends = [...tables].map(([name, rows]) => ({
      stream: TABLES[name].name,
      partition: 0,
      batch: this.#batch(operation, name, rows),
    }))
    return (await this.#store.commit({ appends })).cut
  }

  #batch(operation: 'insert' | 'delete', name: TableName, rows: readonly Row[]): Batch {
    const builder = new BatchBuilder(TABLES[name].schema)
    for (const [index, row] of rows.entries()) {
      builder.push(operation, { transaction: this.#transaction, index, time: this.#transaction * 1000 }, row)
    }
    return builder.finish()
  }
}
