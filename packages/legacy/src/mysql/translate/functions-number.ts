/** Functions of numbers. */
import { asDouble, asNumber, cut, rounded } from './exact-number.ts'
import { type FunctionCall, type FunctionPrinter, settledNumber, wholeConstant } from './function-printer.ts'
import { atom, decimal, operand, type Value, value } from './value.ts'

const round: FunctionPrinter = ({ values: [given, places], at }) => {
  const digits = places === undefined ? 0 : wholeConstant(places)
  if (given === undefined || digits === null || digits < 0 || digits > 30) return null
  const number = asNumber(given, at)
  if (number.kind === 'integer') return number
  if (number.kind === 'double') return roundedFloat(number, digits)
  if (number.kind !== 'decimal') return null
  return number.quotient === null ? rounded(settledNumber(number, at), digits, at) : rounded(number, digits, at)
}

/** The server rounds a float half to even, after it has moved the point. */
function roundedFloat(given: Value, digits: number): Value {
  if (digits === 0) return atom('double', `round_even(${given.sql}, 0)`)
  const factor = `1e${digits}`
  return value('double', `round_even(${operand(given)} * ${factor}, 0) / ${factor}`, { scale: digits })
}

const truncate: FunctionPrinter = ({ values: [given, places], at }) => {
  const digits = wholeConstant(places)
  if (given === undefined || digits === null || digits < 0 || digits > 30) return null
  const number = asNumber(given, at)
  if (number.kind === 'integer') return number
  return number.kind === 'decimal' ? cut(number, digits, at) : null
}

const toWhole =
  (name: string): FunctionPrinter =>
  ({ values: [given], at }) => {
    const number = given === undefined ? null : settledNumber(asNumber(given, at), at)
    if (number === null || number.kind === 'integer') return number
    if (number.kind === 'double') return atom('double', `${name}(${number.sql})`)
    return decimal(`CAST(${name}(${number.sql}) AS DECIMAL(38, 0))`, 0, { isAtom: true, isWide: true, unsettled: number.unsettled })
  }

const ofFloats =
  (print: (...given: readonly string[]) => string) =>
  ({ values, at }: FunctionCall): Value =>
    atom('double', print(...values.map((each) => asDouble(settledNumber(asNumber(each, at), at)))))

const power: FunctionPrinter = (call) =>
  call.values.length === 2 ? ofFloats((base, exponent) => `power(${base}, ${exponent})`)(call) : null

export const NUMBER_FUNCTIONS: Readonly<Record<string, FunctionPrinter>> = {
  abs: ({ values: [given], at }) => {
    const number = given === undefined ? null : settledNumber(asNumber(given, at), at)
    if (number === null) return null
    const sql = number.kind === 'integer' && !number.isUnsigned ? `abs(CAST(${number.sql} AS BIGINT))` : `abs(${number.sql})`
    return { ...number, sql, isAtom: true, isWide: number.kind === 'integer' || number.isWide, constant: null }
  },
  sign: ({ values: [given], at }) =>
    given === undefined ? null : atom('integer', `CAST(sign(${settledNumber(asNumber(given, at), at).sql}) AS INTEGER)`),
  round,
  truncate,
  floor: toWhole('floor'),
  ceiling: toWhole('ceil'),
  ceil: toWhole('ceil'),
  pow: power,
  power,
  sqrt: (call) => (call.values.length === 1 ? ofFloats((given) => `CASE WHEN ${given} >= 0 THEN sqrt(${given}) END`)(call) : null),
}
