/** Comparisons: what two values are compared as, and how. */
import { untranslatableAt } from '../untranslatable-at.ts'
import { aligned, asNumber } from './exact-number.ts'
import { momentOf } from './moment.ts'
import type { Scope } from './scope.ts'
import { textKeys } from './text.ts'
import { atom, operand, unsettledOf, type Value, value } from './value.ts'

export interface CompareRequest {
  readonly scope: Scope
  readonly purpose: 'equal' | 'order'
  readonly at: number
}

/** The SQL of each, so that DuckDB compares them as the server does. */
export function comparable(values: readonly Value[], { scope, purpose, at }: CompareRequest): string[] {
  if (unsettledOf(values) !== 'never')
    throw untranslatableAt(
      'a comparison with a quotient',
      'another view divides, and with how many digits depends on the server’s plan: round it there',
      at,
    )
  // MariaDB rounds both sides to the declared digits where it compares with an operator and not in IN or CASE; MySQL never does.
  if (values.some(({ kind, quotient, digits, scale }) => kind === 'decimal' && (quotient !== null || digits.most > scale)))
    throw untranslatableAt(
      'a comparison with a quotient',
      'whether the server rounds it before depends on its kind and version: round it',
      at,
    )
  const kinds = new Set(values.filter(({ kind }) => kind !== 'null').map(({ kind }) => kind))
  if (kinds.has('date') || kinds.has('datetime'))
    return values.map((each) => operand(momentOf(each, kinds.has('datetime') || kinds.size > 1, at)))
  if (kinds.has('text')) {
    if (kinds.size > 1)
      throw untranslatableAt('a text compared with a number', 'what number the server reads from it depends on the text of each row', at)
    return textKeys(values, { session: scope.session, purpose, at })
  }
  return aligned(
    values.map((each) => asNumber(each, at)),
    at,
  ).map(operand)
}

export function compare(
  left: Value,
  right: Value,
  { operator, scope, at }: { readonly operator: string; readonly scope: Scope; readonly at: number },
): Value {
  const purpose = ['=', '<=>', '<>'].includes(operator) ? 'equal' : 'order'
  const [one, other] = comparable([left, right], { scope, purpose, at })
  return value('boolean', `${one} ${operator === '<=>' ? 'IS NOT DISTINCT FROM' : operator} ${other}`)
}

/** A value where a condition is wanted. */
export function condition(given: Value, at: number): string {
  if (given.kind === 'boolean') return operand(given)
  if (given.kind === 'null') return 'CAST(NULL AS BOOLEAN)'
  if (given.unsettled !== 'never')
    throw untranslatableAt('a quotient as a condition', 'with how many digits it is computed depends on the server’s plan', at)
  const [one] = aligned([asNumber(given, at)], at)
  return `(${operand(one as Value)} <> 0)`
}

/** The common type of several values, one of which is the result. */
export function united(values: readonly Value[], at: number): Value[] {
  const kinds = new Set(values.filter(({ kind }) => kind !== 'null').map(({ kind }) => kind))
  if (kinds.size === 0) return [...values]
  const hasMoments = kinds.has('date') || kinds.has('datetime')
  const hasNumbers = kinds.has('integer') || kinds.has('decimal') || kinds.has('double') || kinds.has('boolean')
  if (Number(kinds.has('text')) + Number(hasMoments) + Number(hasNumbers) > 1)
    throw untranslatableAt('values of several types', 'the server makes a text of some of them, in its own form', at)
  if (kinds.has('text')) return [...values]
  if (hasMoments) return values.map((each) => (each.kind === 'null' ? each : momentOf(each, kinds.has('datetime'), at)))
  const numbers = values.map((each) => asNumber(each, at))
  const isMixed =
    numbers.some(({ isUnsigned }) => isUnsigned) &&
    numbers.some(({ isUnsigned, kind, constant }) => !isUnsigned && kind === 'integer' && constant === null)
  const same = isMixed
    ? numbers.map((each) => (each.kind === 'integer' ? atom('decimal', `CAST(${each.sql} AS DECIMAL(38, 0))`) : each))
    : numbers
  return aligned(same, at)
}

/** What is known of a value that is one of these. */
export function unitedRest(values: readonly Value[]): Partial<Value> {
  const numbers = values.filter(({ kind }) => kind === 'decimal' || kind === 'integer')
  return {
    scale: Math.max(0, ...numbers.map(({ scale }) => scale)),
    digits: {
      least: numbers.length === 0 ? 0 : Math.min(...numbers.map(({ digits }) => digits.least)),
      most: Math.max(0, ...numbers.map(({ digits }) => digits.most)),
    },
    mayVanish: numbers.some(({ mayVanish }) => mayVanish),
    isUnsigned: numbers.some(({ isUnsigned }) => isUnsigned),
    isWide: numbers.every(({ isWide }) => isWide),
    fraction: Math.max(0, ...values.map(({ fraction }) => fraction)),
    unsettled: unsettledOf(values),
  }
}
