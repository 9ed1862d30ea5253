/** Operators, by name and by the types that Postgres chose for them. */
import { isArray, isFloat, isInteger, isText, OID } from '../postgres/type.ts'
import { asText, localTime, typeName } from './cast.ts'
import { quotient } from './numeric-division.ts'
import type { Scope } from './scope.ts'
import { atom, numeric, operand, type Typed, typed } from './typed.ts'
import { unified, withScale } from './unified.ts'
import { untranslatable } from './untranslatable.ts'

export interface OperatorCall {
  readonly name: string
  readonly type: number
  readonly collation: number
  readonly left: Typed | null
  readonly right: Typed
  readonly scope: Scope
}

/** DuckDB's numbers have 38 digits; so many of them must be left before the point. */
const SCALE_MAX = 30
const COMPARISONS = new Set(['=', '<>', '<', '>', '<=', '>='])

export function translateOperator(call: OperatorCall): Typed {
  const { name, left, right } = call
  if (left === null) return prefix(call)
  if (COMPARISONS.has(name)) return comparison(call, left)
  const both = `${operand(left)} ${name} ${operand(right)}`
  if (isInteger(left.type) && isInteger(right.type)) return integerArithmetic(call, left, both)
  if (left.type === OID.numeric && right.type === OID.numeric) return numericArithmetic(call, left)
  if (isFloat(left.type) && isFloat(right.type) && /^[-+*/]$/.test(name))
    return typed(call.type, name === '/' ? guarded(right, both, 'DOUBLE') : both)
  if (isTime(left.type) || isTime(right.type)) return timeArithmetic(call, left, both)
  if (name === '||') return concatenation(call, left)
  if (isText(left.type)) return textOperator(call, left)
  if (left.type === OID.jsonb || left.type === OID.json) return jsonOperator(call, left)
  if (isArray(left.type)) return arrayOperator(call, left)
  throw unknown(call)
}

function unknown({ name, left, right, scope }: OperatorCall): Error {
  const shown = [left === null ? '' : typeName(left.type, scope), name, typeName(right.type, scope)].join(' ').trim()
  return untranslatable(shown, 'the operator has no counterpart that is known to be the same')
}

function prefix(call: OperatorCall): Typed {
  const { name, right, type } = call
  if (name === '-') return typed(type, `-${operand(right)}`, { scale: right.scale, isLoose: right.isLoose })
  if (name === '+') return right
  if (name === '@') return atom(type, `abs(${right.sql})`, { scale: right.scale, isLoose: right.isLoose })
  throw unknown(call)
}

function comparison(call: OperatorCall, left: Typed): Typed {
  const { name, right, scope } = call
  if (name !== '=' && name !== '<>') needBinaryOrder(call.collation, left.type, scope)
  const isJson = left.type === OID.jsonb || left.type === OID.json
  if (isJson) throw untranslatable('jsonb = jsonb', 'DuckDB compares JSON as text')
  if (left.type !== right.type && (left.type === OID.timestamptz || right.type === OID.timestamptz)) {
    const zone = scope.session.catalog.timeZone
    const local = (side: Typed): string => operand(side.type === OID.timestamptz ? localTime(side, zone) : side)
    return typed(OID.bool, `${local(left)} ${name} ${local(right)}`)
  }
  if (left.type === OID.interval) throw untranslatable(`interval ${name} interval`, 'the two normalise months and days in different ways')
  return typed(OID.bool, `${operand(left)} ${name} ${operand(right)}`)
}

/** Texts are ordered by their bytes in DuckDB. */
export function needBinaryOrder(collation: number, type: number, scope: Scope): void {
  if (hasBinaryOrder(collation, type, scope)) return
  throw untranslatable('an order of texts', 'the collation of the database orders them by a language, DuckDB by their bytes')
}

export function hasBinaryOrder(collation: number, type: number, { session }: Scope): boolean {
  return !isText(type) || type === OID.name || collation === 0 || session.catalog.binaryCollations.has(collation)
}

function integerArithmetic(call: OperatorCall, left: Typed, both: string): Typed {
  const { name, right, type } = call
  const isMixed = left.type !== right.type && (left.type === OID.int2 || right.type === OID.int2)
  const sides = isMixed ? `CAST(${left.sql} AS ${type === OID.int8 ? 'BIGINT' : 'INTEGER'}) ${name} ${operand(right)}` : both
  if (/^[-+*]$/.test(name)) return typed(type, sides)
  if (name === '/') return typed(type, guarded(right, sides.replace(' / ', ' // '), null), { isAtom: right.isNotZero !== true })
  if (name === '%') return typed(type, guarded(right, sides, null), { isAtom: right.isNotZero !== true })
  throw unknown(call)
}

/** Postgres refuses to divide by zero, and DuckDB answers NULL: where it can happen, it is refused here too. */
function guarded(divisor: Typed, sql: string, as: string | null): string {
  if (divisor.isNotZero === true) return sql
  const refuse = `error('division by zero')`
  return `CASE WHEN ${operand(divisor)} = 0 THEN ${as === null ? refuse : `CAST(${refuse} AS ${as})`} ELSE ${sql} END`
}

function numericArithmetic(call: OperatorCall, left: Typed): Typed {
  const { name, right } = call
  const isLoose = left.isLoose || right.isLoose
  if (name === '/') return quotient(left, right)
  const scale = name === '*' ? left.scale + right.scale : Math.max(left.scale, right.scale)
  if (scale > SCALE_MAX)
    throw untranslatable(`numeric ${name} numeric`, `the result has ${scale} digits after the point, and DuckDB keeps 38 in all`)
  const both = `${operand(left)} ${name} ${operand(right)}`
  if (name === '%') return numeric(guarded(right, both, null), scale, { isLoose, isAtom: right.isNotZero !== true })
  if (/^[-+*]$/.test(name)) return numeric(both, scale, { isLoose })
  throw unknown(call)
}

function isTime(type: number): boolean {
  return type === OID.date || type === OID.time || type === OID.timestamp || type === OID.timestamptz || type === OID.interval
}

function timeArithmetic(call: OperatorCall, left: Typed, both: string): Typed {
  const { name, right, type, scope } = call
  if (name === '-' && left.type === OID.date && right.type === OID.date) return atom(type, `CAST(${both} AS INTEGER)`)
  if (left.type === OID.timestamptz && right.type === OID.interval) {
    const { timeZone } = scope.session.catalog
    const local = typed(OID.timestamp, `${operand(localTime(left, timeZone))} ${name} ${operand(right)}`)
    return atom(type, `((${local.sql}) AT TIME ZONE '${timeZone}')`, { source: local })
  }
  if (name === '*' && (left.type === OID.interval || right.type === OID.interval)) return intervalProduct(call, left)
  if (left.type === OID.timestamptz || right.type === OID.timestamptz) throw unknown(call)
  if ((name === '+' || name === '-') && left.type !== OID.time && right.type !== OID.time) return typed(type, both)
  throw unknown(call)
}

/** Postgres multiplies intervals by floats; whole numbers, which is what they nearly always are, give the same in both. */
function intervalProduct(call: OperatorCall, left: Typed): Typed {
  const [interval, factor] = left.type === OID.interval ? [left, call.right] : [call.right, left]
  const count = factor.source ?? factor
  const constant = factor.constant?.kind === 'float' && Number.isInteger(factor.constant.value) ? String(factor.constant.value) : null
  if (constant === null && !isInteger(count.type))
    throw untranslatable('interval * float8', 'fractions of months and days are spread in different ways')
  return typed(OID.interval, `${operand(interval)} * ${constant ?? operand(count)}`)
}

function concatenation(call: OperatorCall, left: Typed): Typed {
  const { right, type, scope } = call
  if (isText(left.type) || isText(right.type)) {
    if (!isArray(left.type) && !isArray(right.type))
      return typed(OID.text, `${operand(asText(left, scope))} || ${operand(asText(right, scope))}`)
  }
  if (!isArray(type)) throw unknown(call)
  const { scale, isLoose } = unified([left, right])
  const [one, two] = [left, right].map((side) => withScale(side, scale)).map((side) => (isArray(side.type) ? side.sql : `[${side.sql}]`))
  return atom(type, `list_concat(${one}, ${two})`, { scale, isLoose })
}

function textOperator(call: OperatorCall, left: Typed): Typed {
  const { name, right } = call
  const match = /^(!?)~~(\*?)$/.exec(name)
  if (match !== null) {
    if (left.type === OID.bpchar && !isBlindToBlanks(right))
      throw untranslatable('char(n) LIKE text', 'there the blanks at the end of a char(n) count')
    const [, not, any] = match
    const escape = right.constant?.kind === 'text' && !right.constant.value.includes('\\') ? '' : ` ESCAPE '\\'`
    return typed(OID.bool, `${operand(left)} ${not === '!' ? 'NOT ' : ''}${any === '*' ? 'ILIKE' : 'LIKE'} ${operand(right)}${escape}`)
  }
  const regular = /^(!?)~(\*?)$/.exec(name)
  if (regular !== null) return regularExpression(call, left, regular[1] === '!')
  if (name === '^@') return atom(OID.bool, `starts_with(${left.sql}, ${right.sql})`)
  throw unknown(call)
}

/** Whether a pattern fits a text if and only if it fits the same with blanks at its end. */
function isBlindToBlanks({ constant }: Typed): boolean {
  return constant?.kind === 'text' && /^[^ _\\]*%$/.test(constant.value)
}

function regularExpression({ name, right }: OperatorCall, left: Typed, isNegated: boolean): Typed {
  if (right.constant?.kind !== 'text') throw untranslatable(`text ${name} text`, 'the pattern is not a constant, so it cannot be checked')
  needPlainPattern(right.constant.value)
  // A dot is any character in Postgres, the end of a line too.
  const options = name.endsWith('*') ? `, 'is'` : `, 's'`
  return typed(OID.bool, `${isNegated ? 'NOT ' : ''}regexp_matches(${left.sql}, ${right.sql}${options})`, { isAtom: !isNegated })
}

/** What the two languages of patterns read alike: no back reference, no look-around, no lazy repetition, no class of letters of a language. */
export function needPlainPattern(pattern: string): void {
  if (/\\[0-9mMyYAZ]|\(\?|[*+?}]\?|\[\[[:.=]|\\[wWsSdD]/.test(pattern.replaceAll(/\\[dswDSW]/g, (short) => (short === '\\d' ? '' : short))))
    throw untranslatable(`the pattern '${pattern}'`, 'the two languages of patterns read it differently')
}

function jsonOperator(call: OperatorCall, left: Typed): Typed {
  const { name, right, type, scope } = call
  if (name === '->') return typed(type, `${operand(left)} -> ${operand(right)}`)
  if (name === '->>') {
    scope.session.note('a number in JSON is printed without trailing zeros')
    return typed(type, `${operand(left)} ->> ${operand(right)}`)
  }
  if (name === '?') return atom(OID.bool, `json_exists(${left.sql}, ${right.sql})`)
  throw unknown(call)
}

function arrayOperator(call: OperatorCall, left: Typed): Typed {
  const { name, right } = call
  if (name === '@>') return atom(OID.bool, `list_has_all(${left.sql}, ${right.sql})`)
  if (name === '<@') return atom(OID.bool, `list_has_all(${right.sql}, ${left.sql})`)
  if (name === '&&') return atom(OID.bool, `list_has_any(${left.sql}, ${right.sql})`)
  throw unknown(call)
}
