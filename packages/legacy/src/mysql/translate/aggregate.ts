/** Aggregates, over a group or over a window. */
import { quoteLiteral } from '@millrace/sql'
import type { CallNode, SortKey } from '../parse/syntax.ts'
import { untranslatableAt } from '../untranslatable-at.ts'
import { asText } from './cast.ts'
import { comparable } from './compare.ts'
import { asNumber, divide, exact } from './exact-number.ts'
import type { Scope } from './scope.ts'
import { jointFacts, needCanonical } from './text.ts'
import { atom, decimal, operand, type Value } from './value.ts'

const AGGREGATES = new Set(['count', 'sum', 'avg', 'min', 'max', 'group_concat'])
const INEXACT = new Set(
  'std stddev stddev_pop stddev_samp variance var_pop var_samp bit_and bit_or bit_xor json_arrayagg json_objectagg any_value'.split(' '),
)
/** From here on what GROUP_CONCAT cuts is taken for no one's case. */
const CONCAT_BYTES_LARGE = 1_000_000

export function isAggregate({ name }: CallNode): boolean {
  return AGGREGATES.has(name) || INEXACT.has(name)
}

/** `over` follows the call: empty, or the window. */
export function aggregateCall(node: CallNode, scope: Scope, over = ''): Value {
  const { name, at } = node
  if (INEXACT.has(name))
    throw untranslatableAt(`${name.toUpperCase()}()`, 'the two round it in different ways, or have no such aggregate', at)
  if (name === 'count') return countOf(node, scope, over)
  if (name === 'group_concat') return concatOf(node, scope)
  const [first] = node.values
  if (first === undefined || node.values.length > 1) throw untranslatableAt(`${name.toUpperCase()}()`, 'it has one argument', at)
  const given = scope.session.expression(first, scope)
  const distinct = node.isDistinct ? 'DISTINCT ' : ''
  if (name === 'min' || name === 'max') return extreme(name, given, { scope, over, at })
  const total = sumOf(asNumber(given, at), { distinct, over, at })
  if (name === 'sum') return total
  const number = storedNumber(asNumber(given, at), at)
  const many = atom('integer', `count(${distinct}${number.sql})${over}`, { isWide: true })
  if (total.kind === 'double') return atom('double', `avg(${distinct}${number.sql})${over}`)
  return divide(total, many, { digits: scope.session.catalog.divisionDigits, at })
}

/** What an aggregate takes in must not have more digits than are declared: where it is stored on the way, they are lost. */
function storedNumber(given: Value, at: number): Value {
  if (given.unsettled === 'merged' || given.quotient !== null || given.digits.most > given.scale)
    throw untranslatableAt(
      'an aggregate of a quotient',
      'with how many digits each is added depends on the server’s plan: round it first',
      at,
    )
  return exact(given, at)
}

function sumOf(given: Value, { distinct, over, at }: { readonly distinct: string; readonly over: string; readonly at: number }): Value {
  const number = storedNumber(given, at)
  const sum = `sum(${distinct}${number.sql})${over}`
  if (number.kind === 'double') return atom('double', sum)
  if (number.kind === 'decimal')
    return { ...decimal(sum, number.scale, { isAtom: over === '', isWide: true, mayVanish: true }), digits: number.digits }
  return decimal(`CAST(${sum} AS DECIMAL(38, 0))`, 0, { isAtom: true, isWide: true })
}

function countOf({ values, isDistinct, at }: CallNode, scope: Scope, over: string): Value {
  const given = values.map((each) => scope.session.expression(each, scope))
  const [first] = given
  if (given.length > 1) throw untranslatableAt('COUNT(DISTINCT …, …)', 'DuckDB counts single values', at)
  const isEach = first === undefined || (first.constant !== null && !isDistinct)
  if (isEach) return atom('integer', `count(*)${over}`, { isWide: true })
  const counted = isDistinct ? `DISTINCT ${comparable([first], { scope, purpose: 'equal', at })[0]}` : exact(first, at).sql
  return atom('integer', `count(${counted})${over}`, { isWide: true })
}

interface ExtremeRequest {
  readonly scope: Scope
  readonly over: string
  readonly at: number
}

function extreme(name: 'min' | 'max', given: Value, { scope, over, at }: ExtremeRequest): Value {
  if (given.kind !== 'text') {
    const number = given.kind === 'date' || given.kind === 'datetime' ? given : storedNumber(asNumber(given, at), at)
    return { ...number, sql: `${name}(${number.sql})${over}`, isAtom: over === '', constant: null, unsettled: 'never' }
  }
  needCanonical(given, `${name.toUpperCase()}() of texts`, { session: scope.session, at })
  const [key] = comparable([given], { scope, purpose: 'order', at })
  const sql = key === operand(given) ? `${name}(${given.sql})` : `arg_${name}(${given.sql}, ${key})`
  return atom('text', `${sql}${over}`, { facts: given.facts })
}

function concatOf({ values, isDistinct, order, separator, at }: CallNode, scope: Scope): Value {
  const { session } = scope
  const texts = values.map((each) => asText(session.expression(each, scope), scope, at))
  const facts = jointFacts([...texts, ...(separator === null ? [] : [])], at)
  const joined = texts.map(operand).join(' || ')
  if (order.length === 0) throw untranslatableAt('GROUP_CONCAT without ORDER BY', 'in what order the texts are joined is not defined', at)
  if (isDistinct) needDistinctOrder(texts, order, { scope, at })
  const keys = isDistinct ? `${joined}${order[0]?.isDescending === true ? ' DESC' : ''}` : sortKeys(order, scope)
  const list = `string_agg(${isDistinct ? 'DISTINCT ' : ''}${joined}, ${quoteLiteral(separator ?? ',')} ORDER BY ${keys})`
  const bytes = session.catalog.concatBytesMax
  if (bytes < CONCAT_BYTES_LARGE && facts?.isAscii !== true)
    throw untranslatableAt('GROUP_CONCAT', `it is cut at ${bytes} bytes, and the text holds letters beyond ASCII`, at)
  if (bytes >= CONCAT_BYTES_LARGE) session.note(`GROUP_CONCAT is cut at ${bytes} bytes on the server`)
  const sql = bytes < CONCAT_BYTES_LARGE ? `left(${list}, ${bytes})` : list
  return atom('text', sql, {
    facts: facts === null ? null : { ...facts, isLower: false, isUpper: false, isCanonical: false, hasBlanks: true, mayBePadded: true },
  })
}

/** DuckDB orders distinct texts by themselves alone. */
function needDistinctOrder(
  texts: readonly Value[],
  order: readonly SortKey[],
  { scope, at }: { readonly scope: Scope; readonly at: number },
): void {
  const [text] = texts
  const [key] = order
  const own = key === undefined ? null : scope.session.expression(key.value, scope)
  const isSame = texts.length === 1 && order.length === 1 && text !== undefined && own?.kind === 'text' && own.sql === text.sql
  if (!isSame) throw untranslatableAt('GROUP_CONCAT(DISTINCT …)', 'DuckDB orders distinct texts by themselves alone', at)
  needCanonical(text, 'GROUP_CONCAT(DISTINCT …)', { session: scope.session, at })
  const [sorted] = comparable([text], { scope, purpose: 'order', at })
  if (sorted !== operand(text)) throw untranslatableAt('GROUP_CONCAT(DISTINCT …)', 'DuckDB orders distinct texts by their bytes', at)
}

/** The server has NULL before every value. */
export function sortKeys(order: readonly SortKey[], scope: Scope): string {
  return order
    .map(({ value: node, isDescending }) => {
      const given = scope.session.expression(node, scope)
      const [key] = comparable([given], { scope, purpose: 'order', at: node.at })
      return `${key} ${isDescending ? 'DESC NULLS LAST' : 'ASC NULLS FIRST'}`
    })
    .join(', ')
}
