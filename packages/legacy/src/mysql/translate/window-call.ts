/** Calls over a window. */
import type { CallNode, WindowClause } from '../parse/syntax.ts'
import { untranslatableAt } from '../untranslatable-at.ts'
import { aggregateCall, isAggregate, sortKeys } from './aggregate.ts'
import { exact, settled } from './exact-number.ts'
import { wholeConstant } from './function-printer.ts'
import type { Scope } from './scope.ts'
import { needCanonical } from './text.ts'
import { atom, type Value } from './value.ts'

const RANKS = new Set(['row_number', 'rank', 'dense_rank'])
const VALUES = new Set(['lag', 'lead', 'first_value', 'last_value'])
const FRAME =
  /^(rows|range)( between)?( (unbounded|\d+) (preceding|following)| current row)( and( (unbounded|\d+) (preceding|following)| current row))?$/

export function windowCall(node: CallNode, scope: Scope): Value {
  const { name, over, at } = node
  if (over === null) throw untranslatableAt(name, 'it has no window', at)
  if (over.order.length === 0 && name !== 'rank' && name !== 'dense_rank' && !isAggregate(node))
    throw untranslatableAt(`${name.toUpperCase()}() OVER (…)`, 'its window has no order', at)
  const window = windowSql(over, scope, at)
  if (RANKS.has(name)) return atom('integer', `${name}()${window}`, { isWide: true })
  if (VALUES.has(name)) return neighbour(node, scope, window)
  if (isAggregate(node) && name !== 'group_concat' && !node.isDistinct) return aggregateCall(node, scope, window)
  throw untranslatableAt(`${name.toUpperCase()}() OVER (…)`, 'it is not known to be the same in DuckDB', at)
}

function windowSql({ partition, order, frame }: WindowClause, scope: Scope, at: number): string {
  if (frame !== '' && (!FRAME.test(frame) || /^range.*\d/.test(frame)))
    throw untranslatableAt(frame.toUpperCase(), 'this frame has no translation', at)
  const groups = partition.map((each) => {
    const given = scope.session.expression(each, scope)
    needCanonical(given, 'PARTITION BY', { session: scope.session, at: each.at })
    return exact(given, each.at).sql
  })
  const parts = [
    ...(groups.length === 0 ? [] : [`PARTITION BY ${groups.join(', ')}`]),
    ...(order.length === 0 ? [] : [`ORDER BY ${sortKeys(order, scope)}`]),
    ...(frame === '' ? [] : [frame.toUpperCase()]),
  ]
  return ` OVER (${parts.join(' ')})`
}

function neighbour({ name, values, at }: CallNode, scope: Scope, window: string): Value {
  const given = values.map((each) => scope.session.expression(each, scope))
  const [first, offset] = given
  const distance = offset === undefined ? 1 : wholeConstant(offset)
  if (first === undefined || distance === null || given.length > 2)
    throw untranslatableAt(`${name.toUpperCase()}()`, 'its distance is no constant, or it has a default', at)
  // What is carried from row to row is stored, with the digits that are declared; whether all servers do is not known.
  const isLoose = first.kind === 'decimal' && (first.quotient !== null || first.digits.most > first.scale)
  const { sql, ...rest } = settled(first, at)
  const further = name === 'lag' || name === 'lead' ? `, ${distance}` : ''
  return {
    ...rest,
    sql: `${name}(${sql}${further})${window}`,
    isAtom: false,
    constant: null,
    unsettled: isLoose ? 'merged' : rest.unsettled,
  }
}
