/** Reads a query: its common tables, set operations, clauses and joins. */
import { untranslatableAt } from '../untranslatable-at.ts'
import { expressions, sortKeys } from './lists.ts'
import { parseExpression } from './parse-expression.ts'
import type { CommonTable, Expression, JoinSource, Query, QueryBody, Select, SelectItem, Source } from './syntax.ts'
import { TokenReader } from './token-reader.ts'

/** The whole text of a view. */
export function parseView(text: string): Query {
  const reader = new TokenReader(text, { expression: parseExpression, query: parseQuery })
  const query = parseQuery(reader)
  reader.takes(';')
  if (reader.peek().kind !== 'end') throw reader.unknown()
  return query
}

export function parseQuery(reader: TokenReader): Query {
  const { at } = reader
  const commonTables: CommonTable[] = []
  let isRecursive = false
  if (reader.takes('with')) {
    isRecursive = reader.takes('recursive')
    do commonTables.push(commonTable(reader))
    while (reader.takes(','))
  }
  const body = setOperations(reader)
  const order = reader.takes('order', 'by') ? sortKeys(reader) : []
  return { kind: 'query', isRecursive, commonTables, body, order, ...limits(reader), at }
}

function commonTable(reader: TokenReader): CommonTable {
  const name = reader.name()
  const columns: string[] = []
  if (reader.takes('(')) {
    do columns.push(reader.name())
    while (reader.takes(','))
    reader.need(')')
  }
  reader.need('as')
  reader.need('(')
  const query = parseQuery(reader)
  reader.need(')')
  return { name, columns, query }
}

function setOperations(reader: TokenReader): QueryBody {
  let left = branch(reader)
  for (;;) {
    const { at } = reader
    const operator = (['union', 'except', 'intersect'] as const).find((each) => reader.takes(each))
    if (operator === undefined) return left
    const isAll = reader.takes('all')
    if (!isAll) reader.takes('distinct')
    left = { kind: 'set', operator, isAll, left, right: branch(reader), at }
  }
}

function branch(reader: TokenReader): QueryBody {
  if (!reader.takes('(')) return select(reader)
  const query = parseQuery(reader)
  reader.need(')')
  return query
}

function select(reader: TokenReader): Select {
  const { at } = reader
  reader.need('select')
  let isDistinct = false
  for (;;) {
    if (reader.takes('distinct')) isDistinct = true
    else if (!reader.takes('all') && !reader.takes('sql_small_result') && !reader.takes('sql_big_result')) break
  }
  const items = [item(reader)]
  while (reader.takes(',')) items.push(item(reader))
  const from = reader.takes('from') && !reader.takes('dual') ? sources(reader) : null
  const where = reader.takes('where') ? reader.expression() : null
  const group = reader.takes('group', 'by') ? groupKeys(reader) : []
  const having = reader.takes('having') ? reader.expression() : null
  return { kind: 'select', isDistinct, items, from, where, group, having, at }
}

function groupKeys(reader: TokenReader): Expression[] {
  const keys = sortKeys(reader).map(({ value }) => value)
  if (reader.sees('with', 'rollup')) throw untranslatableAt('WITH ROLLUP', 'its sums of sums have no translation yet', reader.at)
  return keys
}

function item(reader: TokenReader): SelectItem {
  const value = reader.expression()
  return { value, alias: reader.takes('as') || reader.peek().kind === 'name' ? reader.name() : null }
}

function limits(reader: TokenReader): { limit: Expression | null; offset: Expression | null } {
  if (!reader.takes('limit')) return { limit: null, offset: null }
  const [first, second] = expressions(reader)
  if (second !== undefined) return { limit: second, offset: first ?? null }
  return { limit: first ?? null, offset: reader.takes('offset') ? reader.expression() : null }
}

function sources(reader: TokenReader): Source {
  let left = joined(reader)
  while (reader.sees(',')) {
    const { at } = reader.take()
    left = { kind: 'join', side: 'inner', left, right: joined(reader), on: null, at }
  }
  return left
}

function joined(reader: TokenReader): Source {
  let left = source(reader)
  for (;;) {
    const { at } = reader
    const side = joinSide(reader)
    if (side === null) return left
    const right = source(reader)
    const on = reader.takes('on') ? reader.expression() : null
    left = { kind: 'join', side, left, right, on, at }
  }
}

function joinSide(reader: TokenReader): JoinSource['side'] | null {
  for (const side of ['left', 'right'] as const) if (reader.takes(side, 'join') || reader.takes(side, 'outer', 'join')) return side
  const isInner = reader.takes('join') || reader.takes('inner', 'join') || reader.takes('cross', 'join') || reader.takes('straight_join')
  return isInner ? 'inner' : null
}

function source(reader: TokenReader): Source {
  const { at } = reader
  if (reader.takes('(')) {
    if (reader.sees('select') || reader.sees('with')) {
      const query = parseQuery(reader)
      reader.need(')')
      reader.takes('as')
      return { kind: 'derived', query, alias: reader.name(), at }
    }
    const inside = sources(reader)
    reader.need(')')
    return inside
  }
  if (reader.sees('lateral') || reader.sees('json_table'))
    throw untranslatableAt(reader.peek().text.toUpperCase(), 'it has no translation yet', at)
  const path = [reader.name()]
  if (reader.takes('.')) path.push(reader.name())
  if (reader.sees('for') || reader.sees('partition')) throw reader.unknown()
  const alias = reader.takes('as') || reader.peek().kind === 'name' ? reader.name() : null
  return { kind: 'table', schema: path.length === 2 ? (path[0] ?? null) : null, table: path.at(-1) ?? '', alias, at }
}
