/** How many rows each value of a key has: counted by DuckDB, the frequent ones told one by one. */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Column, Value } from '@millrace/core'
import { quoteIdentifier } from '@millrace/sql'
import { valueOfDuckDB } from '../duckdb-value.ts'
import type { Key } from './placement.ts'

/** The most keys that are held one by one; the rows of rarer ones are taken as spread evenly. */
export const KEYS_MAX = 1_000_000
const COUNTS = 'millrace_key_counts'

export interface KeyCounts {
  readonly columns: readonly Column[]
  readonly rows: number
  readonly distinct: number
  /** Rows in which a column of the key is NULL. */
  readonly nullRows: number
  /** The most frequent first. */
  readonly keys: readonly Key[]
  /** Per key of `keys` its rows. */
  readonly counts: readonly number[]
  /** Rows of the keys beyond `keys`, each of which has no more rows than the last of them. */
  readonly restRows: number
}

export interface CountRequest {
  readonly connection: DuckDBConnection
  /** The relation's name as SQL writes it. */
  readonly relation: string
  readonly columns: readonly Column[]
  /** Default: a million. */
  readonly keysMax?: number
}

export async function countKeys({ connection, relation, columns, keysMax = KEYS_MAX }: CountRequest): Promise<KeyCounts> {
  const names = columns.map(({ name }) => quoteIdentifier(name))
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE ${COUNTS} AS SELECT ${names.map((name, at) => `${name} AS k${at}`).join(', ')}, count(*) AS n FROM ${relation} GROUP BY ALL`,
  )
  try {
    const fields = columns.map((_, at) => `k${at}`)
    const anyNull = fields.map((field) => `${field} IS NULL`).join(' OR ')
    const [totals] = await rowsOf(
      connection,
      `SELECT coalesce(sum(n), 0)::BIGINT, count(*), coalesce(sum(n) FILTER (${anyNull}), 0)::BIGINT FROM ${COUNTS}`,
    )
    const [rows, distinct, nullRows] = (totals ?? []).map(Number) as [number, number, number]
    const keys: Key[] = []
    const counts: number[] = []
    let held = 0
    for (const row of await rowsOf(
      connection,
      `SELECT n, ${fields.join(', ')} FROM ${COUNTS} ORDER BY n DESC, ${fields.join(', ')} LIMIT ${keysMax}`,
    )) {
      const [count, ...key] = row
      keys.push(key)
      counts.push(Number(count))
      held += Number(count)
    }
    return { columns, rows, distinct, nullRows, keys, counts, restRows: rows - held }
  } finally {
    await connection.run(`DROP TABLE ${COUNTS}`)
  }
}

async function rowsOf(connection: DuckDBConnection, sql: string): Promise<Value[][]> {
  const rows: Value[][] = []
  const result = await connection.stream(sql)
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const row of chunk.getRows()) rows.push(row.map(valueOfDuckDB))
  }
  return rows
}

/** About how many different values each column has, from one reading of the relation. */
export async function guessDistinct({ connection, relation, columns }: CountRequest): Promise<readonly number[]> {
  if (columns.length === 0) return []
  const list = columns.map(({ name }) => `approx_count_distinct(${quoteIdentifier(name)})`)
  const [guesses] = await rowsOf(connection, `SELECT ${list.join(', ')} FROM ${relation}`)
  return (guesses ?? []).map(Number)
}
