/**
 * Exact numbers with the server's own digits. Its divisions are cut, not rounded, after a multiple of nine
 * digits, and what follows sees them all: `1 / 3 * 1000000` is 333333.3330. Only where a value leaves a
 * query is it rounded to the digits that are declared.
 */
import { untranslatableAt } from '../untranslatable-at.ts'
import { atom, decimal, operand, type Value, value, unsettledOf } from './value.ts'

/** Digits that the server packs into one word of a number. */
const WORD = 9
const SCALE_MAX = 30
const DIGITS_MAX = 38

const words = (digits: number): number => Math.ceil(digits / WORD) * WORD

/** Whole numbers and conditions as what arithmetic takes. */
export function asNumber(given: Value, at: number): Value {
  if (given.kind === 'boolean') return atom('integer', `CAST(${given.sql} AS INTEGER)`)
  if (given.kind === 'integer' || given.kind === 'decimal' || given.kind === 'double' || given.kind === 'null') return given
  const what = given.kind === 'text' ? 'a text' : `a ${given.kind}`
  throw untranslatableAt(`${what} as a number`, 'what the server reads from it depends on the text of each row', at)
}

export function asDouble(given: Value): string {
  return given.kind === 'double' ? given.sql : `CAST(${exact(given).sql} AS DOUBLE)`
}

/** With a division written out, all its digits included. */
export function exact(given: Value, at = 0): Value {
  if (given.quotient === null) return given
  if (given.digits.least !== given.digits.most)
    throw untranslatableAt('/', 'how many digits the server computes with depends on the row: round the quotient, or its operands', at)
  return { ...given, sql: quotientSql(given, given.digits.most), quotient: null, isAtom: false, isWide: true }
}

/** The number with so many digits after the point, rounded half away from zero. */
export function rounded(given: Value, scale: number, at = 0): Value {
  const result = (sql: string): Value =>
    decimal(`CAST(${sql} AS DECIMAL(38, ${scale}))`, scale, { isAtom: true, isWide: true, mayVanish: true, unsettled: given.unsettled })
  if (given.quotient === null) return result(given.sql)
  const { least, most } = given.digits
  if (scale >= least && least !== most) return result(exact(given, at).sql)
  return result(quotientSql(given, Math.min(least, scale + 1)))
}

/** Cut after so many digits. */
export function cut(given: Value, scale: number, at = 0): Value {
  const { least, most } = given.digits
  const rest = { isAtom: true, isWide: true, mayVanish: true, unsettled: given.unsettled }
  if (given.quotient !== null && scale <= least) return decimal(quotientSql(given, scale), scale, { ...rest, isAtom: false })
  if (scale >= most) return rounded(exact(given, at), scale)
  return decimal(`CAST(trunc(${exact(given, at).sql}, ${scale}) AS DECIMAL(38, ${scale}))`, scale, rest)
}

/** What a column of it holds. */
export function settled(given: Value, at: number): Value {
  return given.kind === 'decimal' && (given.quotient !== null || given.digits.most !== given.scale)
    ? rounded(given, given.scale, at)
    : given
}

function quotientSql({ quotient }: Value, digits: number): string {
  if (quotient === null) return ''
  const { dividend, divisor } = quotient
  const shift = digits + divisor.digits.most - dividend.digits.most
  const n = shift > 0 ? `${whole(dividend)} * 1${'0'.repeat(shift)}` : whole(dividend)
  const d = shift < 0 ? `(${whole(divisor)} * 1${'0'.repeat(-shift)})` : whole(divisor)
  const count = `CAST(${n} // ${d} AS DECIMAL(38, 0))`
  return digits === 0 ? count : `${count} * 0.${'0'.repeat(digits - 1)}1`
}

/** The number without its point, in 128 bits. */
function whole(given: Value): string {
  const digits = given.digits.most
  return digits === 0 || given.kind !== 'decimal'
    ? `CAST(${given.sql} AS HUGEINT)`
    : `CAST(${wide(given)} * 1${'0'.repeat(digits)} AS HUGEINT)`
}

/** DuckDB gives a product of two numbers of up to 18 digits no more than 18. */
function wide(given: Value): string {
  return given.isWide ? operand(given) : `CAST(${given.sql} AS DECIMAL(38, ${given.digits.most}))`
}

export function divide(left: Value, right: Value, { digits: added, at }: { readonly digits: number; readonly at: number }): Value {
  const unsettled = unsettledOf([left, right])
  if (left.kind === 'double' || right.kind === 'double')
    return value('double', `${asDouble(left)} / NULLIF(${asDouble(right)}, 0)`, { unsettled })
  const [dividend, divisor] = [exact(left, at), exact(right, at)]
  const scale = Math.min(dividend.scale + added, SCALE_MAX)
  const internal = (f1: number, f2: number): number => {
    const rest = Math.max(0, added - (words(f1) - f1) - (words(f2) - f2))
    return words(words(f1) + words(f2) + rest)
  }
  const all = between(dividend).flatMap((f1) => between(divisor).map((f2) => internal(f1, f2)))
  const digits = { least: Math.min(...all), most: Math.max(...all) }
  if (digits.least > DIGITS_MAX - 2) throw untranslatableAt('/', 'the quotient has more digits than DuckDB keeps: round its operands', at)
  return value('decimal', '', { scale, digits, quotient: { dividend, divisor }, mayVanish: true, unsettled })
}

function between({ digits: { least, most } }: Value): number[] {
  return Array.from({ length: most - least + 1 }, (_, at) => least + at)
}

/** Operands of a sum or a comparison: where exact numbers meet, with the same digits, which DuckDB would otherwise cut in silence. */
export function aligned(values: readonly Value[], at: number): Value[] {
  const written = values.map((each) => exact(each, at))
  if (written.some(({ kind }) => kind === 'double'))
    return written.map((each) => (each.kind === 'double' ? each : atom('double', asDouble(each))))
  if (!written.some(({ kind }) => kind === 'decimal')) return written
  const most = Math.max(...written.map(({ digits }) => digits.most))
  return written.map((each) => {
    if (each.kind === 'null' || (each.kind === 'decimal' && each.digits.most === most && each.digits.least === most)) return each
    if (each.constant !== null) return { ...each, sql: padded(each.constant, most), kind: 'decimal' }
    return { ...each, sql: `CAST(${each.sql} AS DECIMAL(38, ${most}))`, kind: 'decimal', isAtom: true, isWide: true }
  })
}

function padded(constant: string, digits: number): string {
  const [head = '', tail = ''] = constant.split('.')
  return digits === 0 ? `${head}.` : `${head}.${tail.padEnd(digits, '0')}`
}

export function multiply(left: Value, right: Value, at: number): Value {
  const unsettled = unsettledOf([left, right])
  if (left.kind === 'double' || right.kind === 'double') return value('double', `(${asDouble(left)}) * (${asDouble(right)})`, { unsettled })
  const [one, other] = [exact(left, at), exact(right, at)]
  const scale = one.scale + other.scale
  const digits = { least: one.digits.least + other.digits.least, most: one.digits.most + other.digits.most }
  if (scale > SCALE_MAX || digits.most > DIGITS_MAX - 8)
    throw untranslatableAt('*', `the product has ${Math.max(scale, digits.most)} digits after the point: round its operands`, at)
  const [first, second] = one.kind === 'decimal' ? [wide(one), operand(other)] : [operand(one), wide(other)]
  return value('decimal', `${first} * ${second}`, { scale, digits, mayVanish: true, isWide: true, unsettled })
}

export function add(left: Value, right: Value, { operator, at }: { readonly operator: '+' | '-'; readonly at: number }): Value {
  const [one, other] = aligned([left, right], at)
  const unsettled = unsettledOf([left, right])
  const sql = `${operand(one as Value)} ${operator} ${operand(other as Value)}`
  if (one?.kind === 'double') return value('double', sql, { unsettled })
  const most = Math.max(left.digits.most, right.digits.most)
  const least = Math.max(...[left, right].map((each) => (each.mayVanish ? 0 : each.digits.least)))
  return value('decimal', sql, {
    scale: Math.max(left.scale, right.scale),
    digits: { least, most },
    mayVanish: true,
    isWide: left.isWide || right.isWide,
    unsettled,
  })
}

/** Arithmetic of whole numbers has 64 bits on the server; what leaves them is an error on both sides. */
export function wholeArithmetic(left: Value, right: Value, operator: '+' | '-' | '*'): Value {
  const isUnsigned = left.isUnsigned || right.isUnsigned
  const large = (each: Value): string => {
    if (isUnsigned) return `CAST(${each.sql} AS HUGEINT)`
    return each.isWide || each.constant !== null ? operand(each) : `CAST(${each.sql} AS BIGINT)`
  }
  const both = left.constant !== null && right.constant !== null
  const sql = `${both ? `CAST(${left.sql} AS BIGINT)` : large(left)} ${operator} ${large(right)}`
  if (isUnsigned) return atom('integer', `CAST(${sql} AS UBIGINT)`, { isUnsigned, isWide: true, unsettled: unsettledOf([left, right]) })
  return value('integer', sql, { isWide: true, unsettled: unsettledOf([left, right]) })
}
