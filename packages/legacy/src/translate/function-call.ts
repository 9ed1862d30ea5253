/** Calls of functions: what Postgres brings, by family; what the user made in SQL, written in place. */
import { nodesIn, type PgNode } from '../postgres/node-tree.ts'
import type { CatalogFunction } from '../postgres/read-catalog.ts'
import { castTo, typeName } from './cast.ts'
import { ARRAY_FUNCTIONS } from './functions-array.ts'
import { NUMBER_FUNCTIONS } from './functions-number.ts'
import { TEXT_FUNCTIONS } from './functions-text.ts'
import { TIME_FUNCTIONS } from './functions-time.ts'
import type { Scope } from './scope.ts'
import { atom, type Typed } from './typed.ts'
import { untranslatable } from './untranslatable.ts'

export interface FunctionCall {
  readonly name: string
  readonly type: number
  readonly arguments: readonly Typed[]
  readonly collation: number
  readonly scope: Scope
}

/** Null where the arguments' types are not those that it knows. */
export type FunctionPrinter = (call: FunctionCall) => Typed | null

const PRINTERS: Readonly<Record<string, FunctionPrinter>> = {
  ...NUMBER_FUNCTIONS,
  ...TEXT_FUNCTIONS,
  ...TIME_FUNCTIONS,
  ...ARRAY_FUNCTIONS,
}

/** Functions that are conversions bear the name of the type that they make. */
const CONVERSIONS = new Set([
  'int2',
  'int4',
  'int8',
  'float4',
  'float8',
  'numeric',
  'text',
  'bool',
  'date',
  'timestamp',
  'timestamptz',
  'time',
  'varchar',
  'bpchar',
  'name',
])

export function translateCall(called: CatalogFunction, call: FunctionCall): Typed {
  const shown = `${called.name}(${called.argumentTypes.map((type) => typeName(type, call.scope)).join(', ')})`
  if (called.extension !== null) throw untranslatable(shown, `it belongs to the extension ${called.extension}, which DuckDB does not have`)
  if (called.isVolatile && called.isBuiltIn) throw untranslatable(shown, 'each call gives another value, so no two runs could be compared')
  if (!called.isBuiltIn) return inPlace(called, call, shown)
  const [first] = call.arguments
  if (CONVERSIONS.has(called.name) && first !== undefined && call.arguments.length === 1) return castTo(first, call.type, call.scope)
  const printed = PRINTERS[called.name]?.(call) ?? null
  if (printed === null) throw untranslatable(shown, 'DuckDB has no function that is known to give the same')
  return printed
}

/** A SQL function's query as a subquery, with the arguments where the parameters stood. */
function inPlace(called: CatalogFunction, call: FunctionCall, shown: string): Typed {
  const { session } = call.scope
  if (called.language !== 'sql') throw untranslatable(shown, `its body is written in ${called.language}, not in SQL`)
  if (session.calling.includes(called.oid)) throw untranslatable(shown, 'it calls itself, directly or through other functions')
  const body = session.catalog.bodyOf(called.oid)
  if (typeof body === 'string') throw untranslatable(shown, body)
  const { sql, columns } = session.within(called.oid).query(body, call.scope, call.arguments)
  const [column] = columns
  if (columns.length !== 1 || column === undefined) throw untranslatable(shown, 'it yields a row, where one value is read')
  const plain = isScalar(body) ? scalarOf(sql) : null
  const value = atom(column.type, plain ?? `(${sql})`, { scale: column.scale, isLoose: column.isLoose })
  const result = column.type === call.type ? value : castTo(value, call.type, call.scope)
  if (!called.isStrict || call.arguments.length === 0) return result
  const missing = call.arguments.filter(({ constant }) => constant === undefined).map(({ sql: text }) => `(${text}) IS NULL`)
  return missing.length === 0
    ? result
    : { ...result, sql: `CASE WHEN ${missing.join(' OR ')} THEN NULL ELSE ${result.sql} END`, isAtom: true }
}

/** A query that only computes, `SELECT x AS y`, is the expression itself. */
function isScalar(query: PgNode): boolean {
  return ['rtable', 'cteList', 'sortClause'].every((field) => nodesIn(query, field).length === 0)
}

function scalarOf(sql: string): string | null {
  const match = /^SELECT\n {2}(.*) AS (?:"[^"]*"|\w+)$/s.exec(sql)
  return match === null ? null : `(${match[1]})`
}
