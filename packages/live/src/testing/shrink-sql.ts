/**
 * Simpler forms of a query, whatever its language: DuckDB parses it to a tree, parts of which are left out
 * or replaced by a part of themselves, and prints what is left. Many of them mean nothing; whoever asks
 * finds out by trying.
 */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { SqlPrinter } from './sql-printer.ts'

type Json = null | boolean | number | string | object | readonly Json[] | { readonly [field: string]: Json }
type Fields = Readonly<Record<string, Json>>

/** How DuckDB writes its trees, from the largest part of a query to the smallest. */
type Family = 'query' | 'relation' | 'expression'

export class SqlShrinker {
  readonly #connection: DuckDBConnection
  readonly #printer = new SqlPrinter()

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection
  }

  static async open(): Promise<SqlShrinker> {
    return new SqlShrinker(await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect())
  }

  /** Shorter queries, the shortest first. */
  async simpler(sql: string): Promise<readonly string[]> {
    const tree = JSON.parse(await this.#parse(sql), keepDigits) as Fields
    if (tree['error'] === true) return []
    const printed = new Set<string>()
    for (const variant of variantsOf(tree)) {
      const text = await this.#printer.print(JSON.stringify(variant))
      if (text !== null && text.length < sql.length) printed.add(text)
    }
    return [...printed].sort((one, other) => one.length - other.length)
  }

  /** As DuckDB prints it, so that what is compared by length is of one style. */
  async printed(sql: string): Promise<string> {
    return (await this.#printer.print(await this.#parse(sql))) ?? sql
  }

  async close(): Promise<void> {
    this.#connection.closeSync()
    await this.#printer.close()
  }

  async #parse(sql: string): Promise<string> {
    const result = await this.#connection.runAndReadAll(`SELECT json_serialize_sql('${sql.replaceAll("'", "''")}')`)
    return String(result.getRows()[0]?.[0])
  }
}

/** The parts that a query may do without. */
const OPTIONAL = new Set(['where_clause', 'having', 'qualify', 'filter', 'filter_expr', 'limit', 'offset', 'sample'])

/** Numbers that a double does not hold keep their digits. */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined) return value
  return (JSON as unknown as { rawJSON(text: string): object }).rawJSON(context.source)
}

/** Every tree that differs from the given one in one place. */
function* variantsOf(node: Json): Generator<Json> {
  if (Array.isArray(node)) {
    const list = node as readonly Json[]
    for (const at of list.keys()) yield list.toSpliced(at, 1)
    for (const [at, item] of list.entries()) for (const variant of [...partsOf(item), ...variantsOf(item)]) yield list.with(at, variant)
  } else if (isFields(node)) {
    for (const [field, value] of Object.entries(node)) {
      if (familyOf(value) !== null) {
        if (OPTIONAL.has(field)) yield settled({ ...node, [field]: null })
        for (const part of partsOf(value)) yield settled({ ...node, [field]: part })
      }
      for (const variant of variantsOf(value)) yield settled({ ...node, [field]: variant })
    }
  }
}

/** The parts of a node that could stand in its place. */
function* partsOf(node: Json): Generator<Json> {
  const family = familyOf(node)
  if (family !== null) yield* nextOf(node, family)
}

function* nextOf(node: Json, family: Family): Generator<Json> {
  if (typeof node !== 'object' || node === null) return
  for (const value of Object.values(node) as Json[]) {
    if (familyOf(value) === family) yield value
    else yield* nextOf(value, family)
  }
}

function familyOf(node: Json): Family | null {
  if (!isFields(node)) return null
  if (typeof node['class'] === 'string') return 'expression'
  const type = node['type']
  if (typeof type !== 'string') return null
  if (type.endsWith('_NODE')) return 'query'
  return 'sample' in node && 'alias' in node ? 'relation' : null
}

/** Groups that are gone are gone from the grouping sets, too. */
function settled(node: Fields): Fields {
  const groups = node['group_expressions']
  const sets = node['group_sets']
  if (!Array.isArray(groups) || !Array.isArray(sets)) return node
  const isValid = (sets as readonly Json[]).every((set) => Array.isArray(set) && set.every((at) => Number(at) < groups.length))
  return isValid ? node : { ...node, group_sets: groups.length === 0 ? [] : [groups.map((_, at) => at)] }
}

function isFields(node: Json): node is Fields {
  return typeof node === 'object' && node !== null && !Array.isArray(node)
}
