import { isFloat, isInteger, OID } from '../postgres/type.ts'
import type { FunctionPrinter } from './function-call.ts'
import { quotient } from './numeric-division.ts'
import { atom, numeric, operand, type Typed } from './typed.ts'
import { untranslatable } from './untranslatable.ts'

/** A function of the same name that keeps the type and, of a numeric, the digits. */
const same =
  (name: string): FunctionPrinter =>
  ({ type, arguments: given }) => {
    const [value] = given
    if (value === undefined || given.length !== 1) return null
    return atom(type, `${name}(${value.sql})`, { scale: value.scale, isLoose: value.isLoose })
  }

/** A function of floats alone: the exact ones of numerics have as many digits as Postgres pleases. */
const ofFloats =
  (name: string): FunctionPrinter =>
  ({ type, arguments: given }) => {
    if (type === OID.numeric)
      throw untranslatable(`${name}(numeric)`, 'its result has as many digits as Postgres decides by the value; DuckDB computes a float')
    return given.every((value) => isFloat(value.type)) ? atom(type, `${name}(${given.map(({ sql }) => sql).join(', ')})`) : null
  }

function digitsOf(value: Typed | undefined): number | null {
  if (value === undefined) return 0
  return value.constant?.kind === 'integer' ? Number(value.constant.value) : null
}

/** Rounds half away from zero, as DuckDB does with exact numbers; of a float, half to even. */
const round: FunctionPrinter = ({ type, arguments: [value, places] }) => {
  if (value === undefined) return null
  if (isFloat(value.type)) return atom(type, `round_even(${value.sql}, 0)`)
  const digits = digitsOf(places)
  if (digits === null)
    throw untranslatable('round(numeric, integer)', 'the number of digits is not a constant, so the type of the result is not known')
  if (value.type !== OID.numeric) return null
  if (value.quotient !== undefined && digits >= 0)
    return { ...withoutQuotient(quotient(value.quotient.dividend, value.quotient.divisor, digits)), isLoose: false }
  if (digits >= value.scale) return numeric(`CAST(${value.sql} AS DECIMAL(38, ${digits}))`, digits, { isAtom: true })
  return numeric(`round(${value.sql}, ${digits})`, Math.max(0, digits), { isAtom: true })
}

function withoutQuotient({ sql, type, scale, isLoose, isAtom }: Typed): Typed {
  return { sql, type, scale, isLoose, isAtom }
}

const trunc: FunctionPrinter = ({ type, arguments: [value, places] }) => {
  const digits = digitsOf(places)
  if (value === undefined || digits === null) return null
  if (isFloat(value.type)) return atom(type, `trunc(${value.sql})`)
  if (digits >= value.scale) return numeric(`CAST(${value.sql} AS DECIMAL(38, ${digits}))`, digits, { isAtom: true })
  return numeric(digits === 0 ? `trunc(${value.sql})` : `trunc(${value.sql}, ${digits})`, Math.max(0, digits), { isAtom: true })
}

const toWhole =
  (name: string): FunctionPrinter =>
  ({ type, arguments: [value] }) =>
    value === undefined ? null : atom(type, `${name}(${value.sql})`)

const sign: FunctionPrinter = ({ type, arguments: [value] }) => {
  if (value === undefined) return null
  return isFloat(value.type)
    ? atom(type, `CAST(sign(${value.sql}) AS DOUBLE)`)
    : numeric(`CAST(sign(${value.sql}) AS DECIMAL(1, 0))`, 0, { isAtom: true })
}

const mod: FunctionPrinter = ({ type, arguments: [left, right] }) => {
  if (left === undefined || right === undefined) return null
  const scale = Math.max(left.scale, right.scale)
  const sql = `${operand(left)} % ${operand(right)}`
  const isLoose = left.isLoose || right.isLoose
  if (right.isNotZero === true) return { ...atom(type, `(${sql})`), scale, isLoose }
  return atom(type, `CASE WHEN ${operand(right)} = 0 THEN error('division by zero') ELSE ${sql} END`, { scale, isLoose })
}

const power: FunctionPrinter = (call) => ofFloats('power')(call)

const abs: FunctionPrinter = (call) =>
  call.arguments.every(({ type }) => type === OID.numeric || isFloat(type) || isInteger(type)) ? same('abs')(call) : null

export const NUMBER_FUNCTIONS: Readonly<Record<string, FunctionPrinter>> = {
  abs,
  round,
  trunc,
  ceil: toWhole('ceil'),
  ceiling: toWhole('ceil'),
  floor: toWhole('floor'),
  sign,
  mod,
  power,
  pow: power,
  sqrt: ofFloats('sqrt'),
  exp: ofFloats('exp'),
  ln: ofFloats('ln'),
  log: ofFloats('log10'),
  cbrt: ofFloats('cbrt'),
  sin: ofFloats('sin'),
  cos: ofFloats('cos'),
  atan: ofFloats('atan'),
}
