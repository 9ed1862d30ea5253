/** Functions over windows. The window's clause is written where it is used. */
import { assert } from '@millrace/base'
import { flagIn, nodeIn, nodesIn, numberIn, type PgNode } from '../postgres/node-tree.ts'
import { OID } from '../postgres/type.ts'
import { aggregate } from './aggregate.ts'
import type { Scope } from './scope.ts'
import { groupKeys, type Print, sortKeys } from './sort.ts'
import { atom, type Typed } from './typed.ts'
import { untranslatable } from './untranslatable.ts'
import { unified, withScale } from './unified.ts'

/** Bits of a frame, as Postgres keeps them. */
const FRAME = {
  nonDefault: 0x1,
  range: 0x2,
  rows: 0x4,
  groups: 0x8,
  startUnbounded: 0x20,
  endUnbounded: 0x100,
  startCurrent: 0x200,
  endCurrent: 0x400,
  startPreceding: 0x800,
  endPreceding: 0x1000,
  startFollowing: 0x2000,
  endFollowing: 0x4000,
  excludeCurrent: 0x8000,
  excludeGroup: 0x10000,
  excludeTies: 0x20000,
} as const

/** What only windows have, and the type that DuckDB gives it where that is another one. */
const WHOLE = new Set(['row_number', 'rank', 'dense_rank'])
const FLOAT = new Set(['percent_rank', 'cume_dist'])
const OF_VALUES = new Set(['lag', 'lead', 'first_value', 'last_value', 'nth_value'])

const NEEDS_ORDER = new Set(['row_number', 'ntile', ...OF_VALUES])

export function translateWindowCall(node: PgNode, scope: Scope, print: Print): Typed {
  const called = scope.session.catalog.functions.get(numberIn(node, 'winfnoid'))
  assert(called !== undefined, 'a window function is in the catalog')
  if (!called.isBuiltIn) throw untranslatable(`${called.name}(…) OVER`, 'the function was made by the user')
  const values = nodesIn(node, 'args').map((each) => print(each, scope))
  const over = ` OVER (${windowClause(numberIn(node, 'winref'), scope, print)})`
  if (NEEDS_ORDER.has(called.name) && !over.includes('ORDER BY'))
    throw untranslatable(`${called.name}() OVER without ORDER BY`, 'which row is first is not defined, so no two runs need agree')
  const filter = nodeIn(node, 'aggfilter')
  const suffix = filter === null ? over : ` FILTER (WHERE ${print(filter, scope).sql})${over}`
  const { name } = called
  const type = numberIn(node, 'wintype')
  if (flagIn(node, 'winagg')) {
    const isOrdered = name === 'array_agg' || name === 'string_agg'
    if (isOrdered) throw untranslatable(`${name} OVER`, 'the order of its elements within peers is not defined')
    return aggregate({ name, type, collation: numberIn(node, 'inputcollid'), values, order: '', isDistinct: false, suffix, scope })
  }
  const shared = unified(name === 'nth_value' ? values.slice(0, 1) : values.filter((_value, at) => at !== 1))
  const sql = `${name}(${values.map((value, at) => (at === 1 ? value : withScale(value, shared.scale)).sql).join(', ')})${suffix}`
  if (WHOLE.has(name)) return atom(OID.int8, sql)
  if (FLOAT.has(name)) return atom(OID.float8, sql)
  if (name === 'ntile') return atom(OID.int4, `CAST(${sql} AS INTEGER)`)
  if (OF_VALUES.has(name)) return atom(type, sql, shared)
  throw untranslatable(`${name} OVER`, 'DuckDB has no such function')
}

function windowClause(reference: number, scope: Scope, print: Print): string {
  const clause = nodesIn(scope.query, 'windowClause').find((each) => numberIn(each, 'winref') === reference)
  assert(clause !== undefined, 'a window is declared')
  const targets = nodesIn(scope.query, 'targetList')
  const partition = groupKeys(nodesIn(clause, 'partitionClause'), targets, { scope, print })
  const order = sortKeys(nodesIn(clause, 'orderClause'), targets, { scope, print })
  const parts = [
    partition.length === 0 ? '' : `PARTITION BY ${partition.join(', ')}`,
    order.length === 0 ? '' : `ORDER BY ${order.join(', ')}`,
    frame(clause, scope, print),
  ]
  return parts.filter((part) => part !== '').join(' ')
}

function frame(clause: PgNode, scope: Scope, print: Print): string {
  const bits = numberIn(clause, 'frameOptions')
  const has = (bit: number): boolean => (bits & bit) !== 0
  if (!has(FRAME.nonDefault)) return ''
  const mode = has(FRAME.rows) ? 'ROWS' : has(FRAME.groups) ? 'GROUPS' : 'RANGE'
  const offset = (field: string): string => {
    const node = nodeIn(clause, field)
    return node === null ? '' : print(node, scope).sql
  }
  const start = has(FRAME.startUnbounded)
    ? 'UNBOUNDED PRECEDING'
    : has(FRAME.startCurrent)
      ? 'CURRENT ROW'
      : `${offset('startOffset')} ${has(FRAME.startPreceding) ? 'PRECEDING' : 'FOLLOWING'}`
  const end = has(FRAME.endUnbounded)
    ? 'UNBOUNDED FOLLOWING'
    : has(FRAME.endCurrent)
      ? 'CURRENT ROW'
      : `${offset('endOffset')} ${has(FRAME.endPreceding) ? 'PRECEDING' : 'FOLLOWING'}`
  const exclude = has(FRAME.excludeCurrent)
    ? ' EXCLUDE CURRENT ROW'
    : has(FRAME.excludeGroup)
      ? ' EXCLUDE GROUP'
      : has(FRAME.excludeTies)
        ? ' EXCLUDE TIES'
        : ''
  return `${mode} BETWEEN ${start} AND ${end}${exclude}`
}
