/**
 * How many rows each value of a key has, counted by DuckDB into tables that it may spill, so that a key that
 * several models use is counted once. The tables that were not asked for longest go first.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Column, Value } from '@millrace/core'
import { quoteIdentifier } from '@millrace/sql/text'
import { valueOfDuckDB } from '../duckdb-value.ts'
import type { Key } from './placement.ts'
import type { JoinYield } from './uses.ts'

/** The most keys that are placed one by one; the rows of rarer ones are taken as spread evenly. */
export const KEYS_MAX = 1_000_000
/** Over all tables, so many keys are kept beside the one that is asked for. */
const KEYS_KEPT = 4_000_000

export interface KeySpread {
  readonly rows: number
  readonly distinct: number
  /** Rows in which a column of the key is NULL. */
  readonly nullRows: number
  /** The sum of the squares of the rows of each value. */
  readonly squares: number
}

export interface KeyCounts extends Omit<KeySpread, 'squares'> {
  readonly columns: readonly Column[]
  /** The most frequent first. */
  readonly keys: readonly Key[]
  /** Per key of `keys` its rows. */
  readonly counts: readonly number[]
  /** Rows of the keys beyond `keys`, each of which has no more rows than the last of them. */
  readonly restRows: number
}

/** A key of a relation. */
export interface RelationKey {
  /** The relation's name as SQL writes it. */
  readonly relation: string
  readonly columns: readonly Column[]
}

/** What meets in a join, key by key. */
export interface JoinCounts {
  readonly keys: readonly JoinedKey[]
  /** Rows of both sides and rows that come out, of all other keys. */
  readonly restRows: number
  readonly rowsOut: number
}

export interface JoinedKey {
  readonly key: Key
  readonly left: number
  readonly right: number
  readonly out: number
}

interface CountTable {
  readonly name: string
  readonly keys: number
  /** Once it was asked for. */
  spread?: KeySpread
}

/** Of all sessions, so that two of one connection do not meet. */
let tablesMade = 0

const JOINED = 'millrace_key_joined'
const YIELDED: Readonly<Record<JoinYield, string>> = { pairs: 'l.n::HUGEINT * r.n', own: 'l.n', other: 'r.n' }

export class CountTables {
  readonly #connection: DuckDBConnection
  readonly #keysMax: number
  readonly #keysKept: number
  /** Those that were asked for last come last. */
  readonly #tables = new Map<string, CountTable>()
  #counted = 0

  constructor(connection: DuckDBConnection, { keysMax = KEYS_MAX, keysKept = KEYS_KEPT }: { keysMax?: number; keysKept?: number } = {}) {
    this.#connection = connection
    this.#keysMax = keysMax
    this.#keysKept = keysKept
  }

  /** How many keys were counted so far. */
  get counted(): number {
    return this.#counted
  }

  async spread(key: RelationKey): Promise<KeySpread> {
    const table = await this.#tableOf(key)
    if (table.spread !== undefined) return table.spread
    const anyNull = key.columns.map((_, at) => `k${at} IS NULL`).join(' OR ')
    const sums = ['sum(n)', `sum(n) FILTER (${anyNull})`, 'sum(n::HUGEINT * n)'].map((sum) => `coalesce(${sum}, 0)`)
    const [totals = []] = await this.#rows(`SELECT count(*), ${sums.join(', ')} FROM ${table.name}`)
    const [distinct, rows, nullRows, squares] = totals.map(Number) as [number, number, number, number]
    table.spread = { rows, distinct, nullRows, squares }
    return table.spread
  }

  async counts(key: RelationKey): Promise<KeyCounts> {
    const { rows, distinct, nullRows } = await this.spread(key)
    const { name: table } = await this.#tableOf(key)
    const keys: Key[] = []
    const counts: number[] = []
    const list = key.columns.map((_, at) => `k${at}`).join(', ')
    for (const [count, ...values] of await this.#rows(`SELECT n, ${list} FROM ${table} ORDER BY n DESC, ${list} LIMIT ${this.#keysMax}`)) {
      keys.push(values)
      counts.push(Number(count))
    }
    return { columns: key.columns, rows, distinct, nullRows, keys, counts, restRows: rows - counts.reduce((sum, count) => sum + count, 0) }
  }

  async joined(left: RelationKey, right: RelationKey, yields: JoinYield): Promise<JoinCounts> {
    const [one, other] = [await this.#tableOf(left), await this.#tableOf(right, left)]
    const on = left.columns.map((_, at) => `l.k${at} = r.k${at}`).join(' AND ')
    const keys = left.columns.map((_, at) => `coalesce(l.k${at}, r.k${at}) AS k${at}`).join(', ')
    const out = `CASE WHEN l.n IS NULL OR r.n IS NULL THEN 0 ELSE ${YIELDED[yields]} END AS o`
    await this.#connection.run(
      `CREATE OR REPLACE TEMP TABLE ${JOINED} AS SELECT coalesce(l.n, 0) AS l, coalesce(r.n, 0) AS r, ${out}, ${keys} FROM ${one.name} l FULL JOIN ${other.name} r ON ${on}`,
    )
    try {
      const [total, rowsOut] = ((await this.#rows(`SELECT sum(l + r + o), sum(o) FROM ${JOINED}`))[0] ?? []).map(Number) as [number, number]
      const list = left.columns.map((_, at) => `k${at}`).join(', ')
      const rows = await this.#rows(`SELECT l, r, o, ${list} FROM ${JOINED} ORDER BY l + r + o DESC, ${list} LIMIT ${this.#keysMax}`)
      const held = rows.map(([l, r, o, ...key]) => ({ key, left: Number(l), right: Number(r), out: Number(o) }))
      return { keys: held, restRows: total - held.reduce((sum, each) => sum + each.left + each.right + each.out, 0), rowsOut }
    } finally {
      await this.#connection.run(`DROP TABLE ${JOINED}`)
    }
  }

  async close(): Promise<void> {
    for (const { name } of this.#tables.values()) await this.#connection.run(`DROP TABLE ${name}`)
    this.#tables.clear()
  }

  async #tableOf(key: RelationKey, needed: RelationKey = key): Promise<CountTable> {
    const name = nameOf(key)
    const table = this.#tables.get(name) ?? (await this.#count(key))
    this.#tables.delete(name)
    this.#tables.set(name, table)
    await this.#forget(new Set([name, nameOf(needed)]))
    return table
  }

  async #count({ relation, columns }: RelationKey): Promise<CountTable> {
    this.#counted += 1
    tablesMade += 1
    const name = `millrace_key_counts${tablesMade}`
    const list = columns.map((column, at) => `${quoteIdentifier(column.name)} AS k${at}`).join(', ')
    const made = await this.#connection.runAndReadAll(
      `CREATE TEMP TABLE ${name} AS SELECT ${list}, count(*) AS n FROM ${relation} GROUP BY ALL`,
    )
    return { name, keys: Number(made.getRows()[0]?.[0]) }
  }

  async #forget(needed: ReadonlySet<string>): Promise<void> {
    let kept = [...this.#tables.values()].reduce((sum, { keys }) => sum + keys, 0)
    for (const [key, { name, keys }] of this.#tables) {
      if (kept <= this.#keysKept) return
      if (needed.has(key)) continue
      await this.#connection.run(`DROP TABLE ${name}`)
      this.#tables.delete(key)
      kept -= keys
    }
  }

  async #rows(sql: string): Promise<Value[][]> {
    return valuesOf(this.#connection, sql)
  }
}

function nameOf({ relation, columns }: RelationKey): string {
  return JSON.stringify([relation, ...columns.map(({ name }) => name)])
}

export async function valuesOf(connection: DuckDBConnection, sql: string): Promise<Value[][]> {
  const rows: Value[][] = []
  const result = await connection.stream(sql)
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const row of chunk.getRows()) rows.push(row.map(valueOfDuckDB))
  }
  return rows
}

/** About how many different values each column has, from one reading of the relation. */
export async function guessDistinct(connection: DuckDBConnection, { relation, columns }: RelationKey): Promise<readonly number[]> {
  if (columns.length === 0) return []
  const list = columns.map(({ name }) => `approx_count_distinct(${quoteIdentifier(name)})`)
  const [guesses] = await valuesOf(connection, `SELECT ${list.join(', ')} FROM ${relation}`)
  return (guesses ?? []).map(Number)
}
