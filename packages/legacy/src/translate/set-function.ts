/** Functions that yield rows, in FROM: as a subquery that unnests a list. */
import { assert } from '@millrace/base'
import { numberIn, type PgNode } from '../postgres/node-tree.ts'
import { elementType, isInteger, OID } from '../postgres/type.ts'
import { argumentsOf } from './call-arguments.ts'
import { localTime, typeName } from './cast.ts'
import { name } from './name.ts'
import type { OutputColumn, Scope } from './scope.ts'
import type { Print } from './sort.ts'
import { atom, type Typed } from './typed.ts'
import { untranslatable } from './untranslatable.ts'

interface RowSource {
  readonly sql: string
  readonly columns: readonly OutputColumn[]
}

export function setFunction(node: PgNode, scope: Scope, { isNumbered, print }: { isNumbered: boolean; print: Print }): RowSource {
  if (node.tag !== 'FUNCEXPR') throw untranslatable('FROM with an expression', 'it yields one row, which no table holds')
  const called = scope.session.catalog.functions.get(numberIn(node, 'funcid'))
  assert(called !== undefined, 'a function that is called is in the catalog')
  const given = argumentsOf(node, called).map((each) => print(each, scope))
  const shown = `${called.name}(${called.argumentTypes.map((type) => typeName(type, scope)).join(', ')})`
  if (called.isBuiltIn) {
    const list = listOf(called.name, given, scope)
    if (list === null) throw untranslatable(shown, 'DuckDB has no source of rows that is known to give the same')
    return unnested(list, isNumbered)
  }
  if (called.extension !== null) throw untranslatable(shown, `it belongs to the extension ${called.extension}, which DuckDB does not have`)
  if (called.language !== 'sql' || isNumbered)
    throw untranslatable(shown, `its body is written in ${called.language}, or its rows are numbered`)
  if (scope.session.calling.includes(called.oid)) throw untranslatable(shown, 'it calls itself, directly or through other functions')
  const body = scope.session.catalog.bodyOf(called.oid)
  if (typeof body === 'string') throw untranslatable(shown, body)
  const { sql, columns } = scope.session.within(called.oid).query(body, scope, given)
  const named = columns.map((column, at) => ({ ...column, name: called.outputNames[at] || column.name }))
  const list = named.map((column) => name(column.name)).join(', ')
  return { sql: `SELECT * FROM (\n${sql}\n) AS ${name(scope.session.alias('rows'))}(${list})`, columns: named }
}

/** The rows as a list, and what one of its elements is. */
interface ListSource {
  readonly sql: string
  readonly element: Typed
}

function listOf(called: string, given: readonly Typed[], scope: Scope): ListSource | null {
  const [first] = given
  if (first === undefined) return null
  if (called === 'unnest') {
    const element = elementType(first.type)
    return element === null || given.length !== 1
      ? null
      : { sql: first.sql, element: atom(element, 'e', { scale: first.scale, isLoose: first.isLoose }) }
  }
  if (called === 'generate_series') return series(given, scope)
  if (called === 'jsonb_array_elements_text') {
    scope.session.note('a number in JSON is printed without trailing zeros')
    return { sql: `(${first.sql} ->> '$[*]')`, element: atom(OID.text, 'e') }
  }
  if (called === 'jsonb_array_elements') return { sql: `(${first.sql} -> '$[*]')`, element: atom(OID.jsonb, 'e') }
  if (called === 'jsonb_object_keys') return { sql: `json_keys(${first.sql})`, element: atom(OID.text, 'e') }
  return null
}

function series(given: readonly Typed[], scope: Scope): ListSource | null {
  const [first] = given
  if (first === undefined) return null
  if (isInteger(first.type)) {
    const sql = `generate_series(${given.map((value) => value.sql).join(', ')})`
    return first.type === OID.int8
      ? { sql, element: atom(OID.int8, 'e') }
      : { sql: `CAST(${sql} AS INTEGER[])`, element: atom(first.type, 'e') }
  }
  if (first.type === OID.timestamp)
    return { sql: `generate_series(${given.map((value) => value.sql).join(', ')})`, element: atom(OID.timestamp, 'e') }
  if (first.type !== OID.timestamptz) return null
  // Days of a zone are not all as long as each other: the steps are those of its clock.
  const { timeZone } = scope.session.catalog
  const local = given.map((value) => (value.type === OID.timestamptz ? localTime(value, timeZone) : value).sql)
  return {
    sql: `list_transform(generate_series(${local.join(', ')}), lambda e: e AT TIME ZONE '${timeZone}')`,
    element: atom(OID.timestamptz, 'e'),
  }
}

function unnested({ sql, element }: ListSource, isNumbered: boolean): RowSource {
  const column = { name: 'value', type: element.type, scale: element.scale, isLoose: element.isLoose }
  if (!isNumbered) return { sql: `SELECT unnest(${sql}) AS value`, columns: [column] }
  const numbers = { name: 'ordinality', type: OID.int8, scale: 0, isLoose: false }
  return { sql: `SELECT unnest(${sql}) AS value, generate_subscripts(${sql}, 1) AS ordinality`, columns: [column, numbers] }
}
