/** Aggregates, with Postgres's types: sums of whole numbers, averages that are exact. */
import { assert } from '@millrace/base'
import { flagIn, listIn, needNode, nodeIn, nodesIn, numberIn, type PgNode } from '../postgres/node-tree.ts'
import { elementType, isFloat, isInteger, OID } from '../postgres/type.ts'
import { needBinaryOrder } from './operator.ts'
import { quotient } from './numeric-division.ts'
import type { Scope } from './scope.ts'
import { type Print, sortKeys } from './sort.ts'
import { atom, numeric, type Typed } from './typed.ts'
import { typeName } from './cast.ts'
import { untranslatable } from './untranslatable.ts'

/** What an aggregate does, whether it stands over a group or over a window. */
export interface AggregateUse {
  readonly name: string
  readonly type: number
  readonly collation: number
  readonly values: readonly Typed[]
  /** Written after the arguments, inside the parentheses. */
  readonly order: string
  readonly isDistinct: boolean
  /** FILTER and OVER. */
  readonly suffix: string
  readonly scope: Scope
}

export function translateAggregate(node: PgNode, scope: Scope, print: Print): Typed {
  const called = scope.session.catalog.functions.get(numberIn(node, 'aggfnoid'))
  assert(called !== undefined, 'an aggregate is in the catalog')
  if (!called.isBuiltIn) throw untranslatable(`${called.name}(…)`, 'the aggregate was made by the user')
  if (numberIn(node, 'agglevelsup') > 0) throw untranslatable(`${called.name}(…)`, 'the aggregate belongs to a query further out')
  const targets = nodesIn(node, 'args')
  const values = targets.filter((target) => !flagIn(target, 'resjunk')).map((target) => print(needNode(target, 'expr'), scope))
  const order = sortKeys(nodesIn(node, 'aggorder'), targets, { scope, print })
  const filter = nodeIn(node, 'aggfilter')
  const suffix = filter === null ? '' : ` FILTER (WHERE ${print(filter, scope).sql})`
  const direct = nodesIn(node, 'aggdirectargs').map((each) => print(each, scope))
  const use: AggregateUse = {
    name: called.name,
    type: numberIn(node, 'aggtype'),
    collation: numberIn(node, 'inputcollid'),
    values,
    order: order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`,
    isDistinct: listIn(node, 'aggdistinct').length > 0,
    suffix,
    scope,
  }
  return direct.length > 0 ? withinGroup(use, direct) : aggregate(use)
}

export function aggregate(use: AggregateUse): Typed {
  const printer = AGGREGATES[use.name]
  const printed = printer?.(use) ?? null
  if (printed !== null) return printed
  const shown = `${use.name}(${use.values.map(({ type }) => typeName(type, use.scope)).join(', ')})`
  const reason =
    use.type === OID.numeric
      ? 'its result has as many digits as Postgres decides by the value'
      : 'DuckDB has no aggregate that is known to give the same'
  throw untranslatable(shown, reason)
}

function calling({ values, isDistinct, order, suffix }: AggregateUse, name: string): string {
  const given = values.map(({ sql }) => sql).join(', ')
  return `${name}(${isDistinct ? 'DISTINCT ' : ''}${given}${order})${suffix}`
}

type AggregatePrinter = (use: AggregateUse) => Typed | null

const count: AggregatePrinter = (use) =>
  use.values.length === 0 ? atom(OID.int8, `count(*)${use.suffix}`) : atom(OID.int8, calling(use, 'count'))

const sum: AggregatePrinter = (use) => {
  const [value] = use.values
  if (value === undefined) return null
  const sql = calling(use, 'sum')
  if (value.type === OID.numeric) return numeric(sql, value.scale, { isAtom: true, isLoose: value.isLoose })
  if (value.type === OID.int8) return numeric(`CAST(${sql} AS DECIMAL(38, 0))`, 0, { isAtom: true })
  if (isInteger(value.type)) return atom(OID.int8, `CAST(${sql} AS BIGINT)`)
  return value.type === OID.float8 || value.type === OID.interval ? atom(value.type, sql) : null
}

/** The exact sum by the count. */
const avg: AggregatePrinter = (use) => {
  const [value] = use.values
  if (value === undefined) return null
  if (isFloat(value.type)) return atom(OID.float8, calling(use, 'avg'))
  if (value.type !== OID.numeric && !isInteger(value.type)) return null
  const total = numeric(calling(use, 'sum'), value.scale, { isAtom: true, isLoose: value.isLoose })
  const many = numeric(`nullif(${calling(use, 'count')}, 0)`, 0, { isAtom: true, isNotZero: true })
  return quotient(total, many)
}

const extreme: AggregatePrinter = (use) => {
  const [value] = use.values
  if (value === undefined || value.type === OID.interval) return null
  needBinaryOrder(use.collation, value.type, use.scope)
  return atom(use.type, calling(use, use.name), { scale: value.scale, isLoose: value.isLoose })
}

const ofBooleans =
  (name: string): AggregatePrinter =>
  (use) =>
    atom(OID.bool, calling(use, name))

const ofFloats =
  (name: string): AggregatePrinter =>
  (use) =>
    use.type === OID.float8 && use.values.every(({ type }) => isFloat(type)) ? atom(OID.float8, calling(use, name)) : null

/** Without an order, Postgres takes the rows as they happen to come. */
function needOrder(use: AggregateUse): void {
  if (use.order === '' && !use.isDistinct)
    throw untranslatable(`${use.name}(…) without ORDER BY`, 'the order of its elements is not defined, so no two runs need agree')
}

const stringAgg: AggregatePrinter = (use) => {
  needOrder(use)
  const [, separator] = use.values
  if (separator?.constant?.kind !== 'text') throw untranslatable('string_agg(text, text)', 'the separator is not a constant')
  return atom(OID.text, calling(withOwnOrder(use), 'string_agg'))
}

const arrayAgg: AggregatePrinter = (use) => {
  needOrder(use)
  const [value] = use.values
  if (value === undefined || elementType(use.type) === null) return null
  return atom(use.type, calling(withOwnOrder(use), 'array_agg'), { scale: value.scale, isLoose: value.isLoose })
}

/** Distinct elements come sorted in Postgres, which sorts to find them. */
function withOwnOrder(use: AggregateUse): AggregateUse {
  if (use.order !== '' || !use.isDistinct) return use
  return { ...use, order: ` ORDER BY ${use.values[0]?.sql ?? ''} NULLS LAST` }
}

function withinGroup(use: AggregateUse, direct: readonly Typed[]): Typed {
  const [fraction] = direct
  const [value] = use.values
  const keys = use.order.replace(/^ ORDER BY /, '')
  const isKnown = (use.name === 'percentile_cont' && value?.type === OID.float8) || use.name === 'percentile_disc'
  if (fraction === undefined || value === undefined || !isKnown || elementType(use.type) !== null) {
    throw untranslatable(`${use.name} WITHIN GROUP`, 'it is not known to be the same in both')
  }
  return atom(use.type, `${use.name}(${fraction.sql}) WITHIN GROUP (ORDER BY ${keys})${use.suffix}`, {
    scale: value.scale,
    isLoose: value.isLoose,
  })
}

const covariance =
  (name: string): AggregatePrinter =>
  (use) =>
    use.values.length === 2 ? ofFloats(name)(use) : null

const AGGREGATES: Readonly<Record<string, AggregatePrinter>> = {
  count,
  sum,
  avg,
  min: extreme,
  max: extreme,
  bool_and: ofBooleans('bool_and'),
  bool_or: ofBooleans('bool_or'),
  every: ofBooleans('bool_and'),
  string_agg: stringAgg,
  array_agg: arrayAgg,
  stddev: ofFloats('stddev_samp'),
  stddev_samp: ofFloats('stddev_samp'),
  stddev_pop: ofFloats('stddev_pop'),
  variance: ofFloats('var_samp'),
  var_samp: ofFloats('var_samp'),
  var_pop: ofFloats('var_pop'),
  corr: covariance('corr'),
  covar_samp: covariance('covar_samp'),
  covar_pop: covariance('covar_pop'),
  regr_slope: covariance('regr_slope'),
  regr_intercept: covariance('regr_intercept'),
}
