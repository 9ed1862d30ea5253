/**
 * Compares two relations of one DuckDB as multisets with types, and names what differs.
 *
 * 1. Shape: the columns' names, order and types.
 * 2. Buckets: rows are spread by the hash of their key, and each bucket is summed up as its count and the
 *    sum of its rows' hashes. A row's hash covers key and values together, so values that two rows have
 *    exchanged show. Equal relations, the common case, end here after one scan of each.
 * 3. Rows: within bad buckets, what one side has and the other has not, as multisets (so a repeated row
 *    is one row too many), then paired by key so that a changed row is told as one difference.
 *
 * Two values are equal as SQL's IS NOT DISTINCT FROM has it: NULL equals NULL, NaN equals NaN, and minus
 * zero equals zero. Floats may be given a tolerance, relative to the larger of the two.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import { typeNameOf, typeOfDuckDB, valueOfDuckDB } from '@millrace/batch'
import type { DuckDBType } from '@duckdb/node-api'
import { type JsonValue, valueToJson } from '@millrace/core'
import { quoteIdentifier } from '@millrace/sql'

export interface CompareOptions {
  /** Names of the columns that identify a row; none: the whole row does. */
  readonly key?: readonly string[]
  /** How far two floats may be apart, as a share of the larger. Default 0: exactly equal. */
  readonly tolerance?: number
  /** How many differences are told in full. Default 20. */
  readonly limit?: number
}

export interface Comparison {
  readonly equal: boolean
  readonly rows: { readonly left: number; readonly right: number }
  /** Columns that differ in name, place or type; where there are any, rows were not compared. */
  readonly columnsDiffering: readonly ColumnDifference[]
  /** Rows that only the right has. */
  readonly missing: number
  /** Rows that only the left has. */
  readonly extra: number
  /** Rows whose key both have, with other values. */
  readonly changed: number
  /** For each column in which rows changed, in how many. */
  readonly changedColumns: readonly { readonly name: string; readonly rows: number }[]
  /** The first of them, in order of the key. */
  readonly differences: readonly RowDifference[]
}

export interface ColumnDifference {
  readonly name: string
  /** As SQL writes the type; null where the side has no such column. */
  readonly left: string | null
  readonly right: string | null
}

export type Row = Readonly<Record<string, JsonValue>>

export interface RowDifference {
  readonly kind: 'missing' | 'extra' | 'changed'
  readonly key: Row
  readonly left: Row | null
  readonly right: Row | null
  /** Which columns differ, where both sides have the row. */
  readonly columns: readonly string[]
}

const DIFFERENCES_LIMIT = 20
const BUCKETS = 4096

/** `left` and `right` are quoted names of tables. The session must be free to make temporary tables. */
export async function compareRelations(
  connection: DuckDBConnection,
  left: string,
  right: string,
  options: CompareOptions = {},
): Promise<Comparison> {
  const [leftColumns, rightColumns] = [await columnsOf(connection, left), await columnsOf(connection, right)]
  const rows = { left: await countOf(connection, left), right: await countOf(connection, right) }
  const columnsDiffering = differingColumns(leftColumns, rightColumns)
  if (columnsDiffering.length > 0) return { ...NO_DIFFERENCE, equal: false, rows, columnsDiffering }
  const pair = new Pair(connection, { left, right, columns: leftColumns, options })
  try {
    if ((await pair.findBadBuckets()) === 0) return { ...NO_DIFFERENCE, rows }
    await pair.findDifferences()
    const found = await pair.describe(options.limit ?? DIFFERENCES_LIMIT)
    return { ...found, equal: found.missing + found.extra + found.changed === 0, rows, columnsDiffering }
  } finally {
    await pair.forget()
  }
}

const NO_DIFFERENCE = { equal: true, columnsDiffering: [], missing: 0, extra: 0, changed: 0, changedColumns: [], differences: [] } as const

interface ComparedColumn {
  readonly name: string
  readonly type: DuckDBType
}

interface PairOptions {
  readonly left: string
  readonly right: string
  readonly columns: readonly ComparedColumn[]
  readonly options: CompareOptions
}

/** Two relations of one shape. Within it a column is `c<place>`, whatever its name. */
class Pair {
  readonly #connection: DuckDBConnection
  readonly #sides: { readonly left: string; readonly right: string }
  readonly #columns: readonly ComparedColumn[]
  readonly #tolerance: number
  /** Places of the columns by which rows are paired. */
  readonly #key: readonly number[]

  constructor(connection: DuckDBConnection, { left, right, columns, options }: PairOptions) {
    this.#connection = connection
    this.#columns = columns
    this.#tolerance = options.tolerance ?? 0
    this.#key = keyPlaces(columns, options.key ?? [], this.#tolerance)
    const list = columns.map((column, at) => `${quoteIdentifier(column.name)} AS c${at}`).join(', ')
    this.#sides = { left: `(SELECT ${list} FROM ${left})`, right: `(SELECT ${list} FROM ${right})` }
  }

  /** How many buckets are not the same on both sides. */
  async findBadBuckets(): Promise<number> {
    const summed = (side: string): string =>
      `(SELECT ${this.#bucket()} AS bucket, count(*) AS many, sum(hash(${names('c', this.#columns)})) AS fingerprint FROM ${side} GROUP BY bucket)`
    await this.#connection.run(`CREATE OR REPLACE TEMP TABLE millrace_bad AS SELECT bucket
      FROM ${summed(this.#sides.left)} AS l FULL JOIN ${summed(this.#sides.right)} AS r USING (bucket)
      WHERE l.many IS DISTINCT FROM r.many OR l.fingerprint IS DISTINCT FROM r.fingerprint`)
    return countOf(this.#connection, 'millrace_bad')
  }

  /** Leaves one row per difference: both sides as `l…` and `r…`, and for each column whether it differs. */
  async findDifferences(): Promise<void> {
    const { left, right } = this.#sides
    await this.#residue('millrace_left', left, right)
    await this.#residue('millrace_right', right, left)
    const places = [...this.#columns.keys()]
    const list = places.flatMap((at) => [
      `l.c${at} AS l${at}`,
      `r.c${at} AS r${at}`,
      `l.copy IS NOT NULL AND r.copy IS NOT NULL AND ${this.#differs(at)} AS d${at}`,
    ])
    const same = this.#key.map((at) => `l.c${at} IS NOT DISTINCT FROM r.c${at}`)
    await this.#connection.run(`CREATE OR REPLACE TEMP TABLE millrace_difference AS SELECT * FROM (
      SELECT CASE WHEN l.copy IS NULL THEN 'missing' WHEN r.copy IS NULL THEN 'extra' ELSE 'changed' END AS kind, ${list.join(', ')}
      FROM millrace_left AS l FULL JOIN millrace_right AS r ON ${['l.copy = r.copy', ...same].join(' AND ')}
    ) WHERE kind <> 'changed' OR ${places.map((at) => `d${at}`).join(' OR ')}`)
  }

  async describe(limit: number): Promise<Pick<Comparison, 'missing' | 'extra' | 'changed' | 'changedColumns' | 'differences'>> {
    const kinds = ['missing', 'extra', 'changed'].map((kind) => `count(*) FILTER (kind = '${kind}')`)
    const perColumn = this.#columns.map((_, at) => `count(*) FILTER (d${at})`)
    const counted = await this.#connection.runAndReadAll(`SELECT ${[...kinds, ...perColumn].join(', ')} FROM millrace_difference`)
    const [missing, extra, changed, ...columns] = (counted.getRows()[0] ?? []).map(Number)
    const order = this.#key.map((at) => `coalesce(l${at}, r${at}) NULLS LAST`)
    const list = this.#columns.flatMap((_, at) => [`l${at}`, `r${at}`, `d${at}`])
    const found = await this.#connection.runAndReadAll(
      `SELECT kind, ${list.join(', ')} FROM millrace_difference ORDER BY ${[...order, 'kind'].join(', ')} LIMIT ${limit}`,
    )
    return {
      missing: missing ?? 0,
      extra: extra ?? 0,
      changed: changed ?? 0,
      changedColumns: this.#columns.map(({ name }, at) => ({ name, rows: columns[at] ?? 0 })).filter((column) => column.rows > 0),
      differences: found.getRows().map((row) => this.#difference(row)),
    }
  }

  async forget(): Promise<void> {
    for (const table of ['bad', 'left', 'right', 'difference']) await this.#connection.run(`DROP TABLE IF EXISTS millrace_${table}`)
  }

  /** Rows of `one` in bad buckets beyond those that `other` has, numbered within their key. */
  async #residue(table: string, one: string, other: string): Promise<void> {
    const bad = (side: string): string => `SELECT * FROM ${side} WHERE ${this.#bucket()} IN (SELECT bucket FROM millrace_bad)`
    const rest = [...this.#columns.keys()].filter((at) => !this.#key.includes(at))
    const order = rest.length === 0 ? '' : `ORDER BY ${rest.map((at) => `c${at}`).join(', ')}`
    await this.#connection.run(`CREATE OR REPLACE TEMP TABLE ${table} AS
      SELECT *, row_number() OVER (PARTITION BY ${this.#key.map((at) => `c${at}`).join(', ')} ${order}) AS copy
      FROM (${bad(one)} EXCEPT ALL ${bad(other)})`)
  }

  #bucket(): string {
    return `hash(${this.#key.map((at) => `c${at}`).join(', ')}) % ${BUCKETS}`
  }

  #differs(at: number): string {
    const [l, r] = [`l.c${at}`, `r.c${at}`]
    const column = this.#columns[at] as ComparedColumn
    const exact = `${l} IS DISTINCT FROM ${r}`
    if (this.#tolerance === 0 || !isFloat(column)) return exact
    const near = `isfinite(${l}) AND isfinite(${r}) AND abs(${l} - ${r}) <= ${this.#tolerance} * greatest(abs(${l}), abs(${r}))`
    return `(${exact} AND NOT coalesce(${near}, false))`
  }

  #difference(row: readonly Parameters<typeof valueOfDuckDB>[0][]): RowDifference {
    const kind = row[0] as RowDifference['kind']
    const side = (offset: number, places: readonly number[]): Row =>
      Object.fromEntries(places.map((at) => [(this.#columns[at] as ComparedColumn).name, this.#json(at, row[1 + at * 3 + offset] ?? null)]))
    const places = [...this.#columns.keys()]
    return {
      kind,
      key: side(kind === 'missing' ? 1 : 0, this.#key),
      left: kind === 'missing' ? null : side(0, places),
      right: kind === 'extra' ? null : side(1, places),
      columns: places.filter((at) => row[3 + at * 3] === true).map((at) => (this.#columns[at] as ComparedColumn).name),
    }
  }

  #json(at: number, value: Parameters<typeof valueOfDuckDB>[0]): JsonValue {
    return valueToJson(typeOfDuckDB((this.#columns[at] as ComparedColumn).type) ?? { kind: 'text' }, valueOfDuckDB(value))
  }
}

/** Without a key the exact columns take its place; without any of those, all columns. */
function keyPlaces(columns: readonly ComparedColumn[], key: readonly string[], tolerance: number): number[] {
  const all = [...columns.keys()]
  const named = all.filter((at) => key.includes((columns[at] as ComparedColumn).name))
  if (named.length > 0) return named
  const exact = tolerance === 0 ? all : all.filter((at) => !isFloat(columns[at] as ComparedColumn))
  return exact.length > 0 ? exact : all
}

function isFloat(column: ComparedColumn): boolean {
  const name = column.type.toString()
  return name === 'DOUBLE' || name === 'FLOAT'
}

async function columnsOf(connection: DuckDBConnection, table: string): Promise<readonly ComparedColumn[]> {
  const statement = await connection.prepare(`SELECT * FROM ${table}`)
  try {
    return Array.from({ length: statement.columnCount }, (_, at) => ({ name: statement.columnName(at), type: statement.columnType(at) }))
  } finally {
    statement.destroySync()
  }
}

async function countOf(connection: DuckDBConnection, table: string): Promise<number> {
  const result = await connection.runAndReadAll(`SELECT count(*) FROM ${table}`)
  return Number(result.getRows()[0]?.[0])
}

function differingColumns(left: readonly ComparedColumn[], right: readonly ComparedColumn[]): ColumnDifference[] {
  const shared = (own: readonly ComparedColumn[], other: readonly ComparedColumn[]): string[] =>
    own.map(({ name }) => name).filter((name) => other.some((column) => column.name === name))
  const inPlace = shared(left, right).join('\0') === shared(right, left).join('\0')
  const type = (columns: readonly ComparedColumn[], name: string): string | null => {
    const column = columns.find((candidate) => candidate.name === name)
    return column === undefined ? null : typeNameOf(column.type)
  }
  const namesOfBoth = new Set([...left, ...right].map((column) => column.name))
  const differing = [...namesOfBoth].map((name) => ({ name, left: type(left, name), right: type(right, name) }))
  // The same columns in another order differ all the same: their values would be compared crosswise.
  return differing.filter((column) => column.left !== column.right || !inPlace)
}

function names(prefix: string, columns: readonly ComparedColumn[]): string {
  return columns.map((_, at) => `${prefix}${at}`).join(', ')
}
