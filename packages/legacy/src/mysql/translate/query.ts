/** Translates a query: its clauses, its common tables, what it gives. */
import { name } from '../../translate/name.ts'
import type { Expression, Query, QueryBody, Select, SortKey } from '../parse/syntax.ts'
import { untranslatableAt } from '../untranslatable-at.ts'
import { sortKeys } from './aggregate.ts'
import { condition } from './compare.ts'
import { exact, settled } from './exact-number.ts'
import { fromClause, indented } from './from-clause.ts'
import { type CommonTable, findColumn, type Grouping, type OutputColumn, type Scope, type TranslatedQuery } from './scope.ts'
import { setOperation } from './set-operation.ts'
import { needCanonical } from './text.ts'
import type { Value } from './value.ts'
import { hasCall, isGrouped } from './walk.ts'

type Limits = Pick<Query, 'order' | 'limit' | 'offset'>
const NO_LIMITS: Limits = { order: [], limit: null, offset: null }

export function translateQuery(query: Query, scope: Scope): TranslatedQuery {
  if (query.isRecursive)
    throw untranslatableAt('WITH RECURSIVE', 'the server cuts its texts and numbers to the size of the first row', query.at)
  const commonTables = new Map<string, CommonTable>(scope.commonTables)
  const written = query.commonTables.map(({ name: own, columns: names, query: inner }) => {
    const found = scope.session.query(inner, { ...scope, commonTables: new Map(commonTables) })
    const columns = found.columns.map((column, at) => ({ ...column, name: names[at] ?? column.name }))
    const alias = name(scope.session.alias(own))
    commonTables.set(own, { alias, columns })
    return `${alias}(${columns.map((column) => name(column.name)).join(', ')}) AS (\n${indented(found.sql)}\n)`
  })
  const body = bodyOf(query.body, query, { ...scope, commonTables })
  return written.length === 0 ? body : { ...body, sql: `WITH ${written.join(', ')}\n${body.sql}` }
}

function bodyOf(body: QueryBody, limits: Limits, scope: Scope): TranslatedQuery {
  if (body.kind === 'select') return select(body, limits, scope)
  if (body.kind === 'query')
    return limits.limit === null ? scope.session.query(body, scope) : limited(scope.session.query(body, scope), limits, scope)
  const joined = setOperation(body, (each) => bodyOf(each, NO_LIMITS, scope), scope)
  return limits.limit === null ? joined : limited(joined, limits, scope)
}

/** The order and limit of a whole set operation: its columns have names, and no tables. */
function limited({ sql, columns }: TranslatedQuery, limits: Limits, scope: Scope): TranslatedQuery {
  const alias = name(scope.session.alias('whole'))
  const own: Scope = { ...scope, entries: [{ name: alias, schema: null, alias, columns, keys: [] }], grouping: null, items: [] }
  const order = limits.order.map((key) =>
    byPlace(
      key,
      columns.map((column): Expression => ({ kind: 'column', path: [column.name], at: key.value.at })),
    ),
  )
  return { sql: `SELECT *\nFROM (\n${indented(sql)}\n) AS ${alias}${ending({ ...limits, order }, own)}`, columns }
}

function select(node: Select, limits: Limits, outer: Scope): TranslatedQuery {
  const { items, from, where, having, isDistinct, at } = node
  const source = from === null ? null : fromClause(from, outer)
  const open: Scope = { ...outer, entries: source?.entries ?? [], items, grouping: null, outer: outer.outer }
  const order = limits.order.map((key) =>
    byPlace(
      key,
      items.map(({ value }) => value),
    ),
  )
  const groups = node.group.map((each) => groupKey(each, open, items))
  const isOne =
    groups.length > 0 ||
    [...items.map(({ value }) => value), having, ...order.map(({ value }) => value)].some((each) => hasCall(each, isGrouped))
  const scope: Scope = { ...open, grouping: isOne ? groupingOf(groups, open) : null }
  if (having !== null && !isOne) throw untranslatableAt('HAVING without groups', 'it is no clause of its own in DuckDB', at)
  const isStored = isOne || isDistinct || limits.limit !== null || items.some(({ value }) => hasCall(value, ({ over }) => over !== null))
  const given = items.map((item, index) => ({
    name: item.alias ?? `column_${index + 1}`,
    value: outer.session.expression(item.value, scope),
    at: item.value.at,
  }))
  for (const each of isDistinct ? given : []) needDistinct(each.value, scope, each.at)
  const columns = given.map((each) => outputColumn(each.name, each.value, isStored))
  const list = given.map((each) => `${settled(each.value, each.at).sql} AS ${name(each.name)}`)
  const sql = [
    `SELECT ${isDistinct ? 'DISTINCT ' : ''}${list.join(',\n  ')}`,
    ...(source === null ? [] : [`FROM ${source.sql}`]),
    ...(where === null ? [] : [`WHERE ${condition(outer.session.expression(where, open), where.at)}`]),
    ...(groups.length === 0 ? [] : [`GROUP BY ${groups.join(', ')}`]),
    ...(having === null ? [] : [`HAVING ${condition(outer.session.expression(having, scope), having.at)}`]),
  ].join('\n')
  return { sql: `${sql}${ending({ ...limits, order }, scope)}`, columns }
}

export function outputColumn(own: string, given: Value, isStored: boolean): OutputColumn {
  const { kind, scale, isUnsigned, isWide, facts, fraction, digits, quotient, mayVanish } = given
  const isLoose = kind === 'decimal' && (quotient !== null || digits.most > scale)
  const unsettled = !isLoose ? given.unsettled : isStored ? 'pushed' : 'merged'
  // What is stored has the digits that are declared; what is written in place of its name may have fewer.
  const kept =
    kind !== 'decimal' || isStored ? { least: scale, most: scale } : { least: mayVanish ? 0 : Math.min(digits.least, scale), most: scale }
  const value = { kind, scale, isUnsigned, isWide: isWide && kind !== 'decimal', facts, fraction, digits: kept, mayVanish, unsettled }
  return { name: own, value, unreadable: null, type: null }
}

function groupKey(node: Expression, scope: Scope, items: Select['items']): string {
  const place = node.kind === 'number' ? items[Number(node.text) - 1]?.value : undefined
  const given = scope.session.expression(place ?? node, scope)
  needDistinct(given, scope, node.at)
  return given.sql
}

function needDistinct(given: Value, { session }: Scope, at: number): void {
  if (given.quotient !== null || given.unsettled !== 'never' || given.digits.most > given.scale)
    throw untranslatableAt('distinct quotients', 'with how many digits they are told apart depends on the server’s plan: round them', at)
  exact(given, at)
  needCanonical(given, 'groups of texts', { session, at })
}

/** A table of which a key is grouped has one row in each group, so its other columns have one value. */
function groupingOf(keys: readonly string[], { entries }: Scope): Grouping {
  const single = entries.filter((entry) => entry.keys.some((key) => key.every((column) => keys.includes(`${entry.alias}.${name(column)}`))))
  return { keys, single: new Set(single.map(({ alias }) => alias)) }
}

/** `ORDER BY 2` is the second column. */
function byPlace(key: SortKey, items: readonly Expression[]): SortKey {
  const { value } = key
  const item = value.kind === 'number' ? items[Number(value.text) - 1] : undefined
  return item === undefined ? key : { ...key, value: item }
}

/** Without a limit the order of a view's rows is nobody's. */
function ending({ order, limit, offset }: Limits, scope: Scope): string {
  if (limit === null) return ''
  if (order.length === 0)
    throw untranslatableAt('LIMIT without ORDER BY', 'which rows remain is not defined, so no two runs need agree', limit.at)
  const resolved = order.map((key) => ({ ...key, value: preferred(key.value, scope) }))
  const skipped = offset === null ? '' : `\nOFFSET ${scope.session.expression(offset, scope).sql}`
  return `\nORDER BY ${sortKeys(resolved, scope)}\nLIMIT ${scope.session.expression(limit, scope).sql}${skipped}`
}

/** A bare name in ORDER BY is first that of a column of the result. */
function preferred(node: Expression, scope: Scope): Expression {
  if (node.kind !== 'column' || node.path.length > 1) return node
  const item = scope.items.find(({ alias }) => alias?.toLowerCase() === node.path[0]?.toLowerCase())
  if (item === undefined && findColumn(node, scope) === null)
    throw untranslatableAt(node.path.join('.'), 'no table of the view has such a column', node.at)
  return item?.value ?? node
}
