import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type ControlValue, wholeNumber } from '@millrace/core'

/** Prepared queries that are kept; the least recently used goes first. */
const STATEMENTS_LIMIT = 128

/** Queries on the control tables. Whole numbers are numbers where those are exact, else bigints. */
export class ControlQueries {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  rows<Row extends Record<string, ControlValue>>(sql: string, parameters: readonly ControlValue[]): Row[] {
    const statement = this.#prepared(sql)
    try {
      return statement.all(...parameters) as Row[]
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_OUT_OF_RANGE') throw error
    }
    // Some whole number is beyond a double: read them all exactly, and narrow the others.
    const exact = this.#db.prepare(sql)
    exact.setReadBigInts(true)
    return (exact.all(...parameters) as Row[]).map(narrowed)
  }

  #prepared(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#db.prepare(sql)
    this.#statements.delete(sql)
    this.#statements.set(sql, statement)
    if (this.#statements.size > STATEMENTS_LIMIT) this.#statements.delete(this.#statements.keys().next().value as string)
    return statement
  }
}

function narrowed<Row extends Record<string, ControlValue>>(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? wholeNumber(value) : value]),
  ) as Row
}
