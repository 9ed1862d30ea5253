/** What generated code calls. */
import { decimalToText, TIMESTAMP_INFINITY, DATE_INFINITY, valueToText, wholeNumber } from '@millrace/core'
import { EvaluationFailure, overflow } from './evaluation-failure.ts'
import {
  addExact,
  checked,
  divideExact,
  divideRounded,
  multiplyExact,
  type Range,
  remainderExact,
  subtractExact,
  type Whole,
} from './exact.ts'
import { compareBytes, compareText, floatEqual, floatLess } from './order.ts'

const MICROS_A_DAY = 86_400_000_000

/** A whole number or decimal as a double, by the steps that DuckDB takes. */
function wholeToFloat(value: Whole, scale: number): number {
  if (scale === 0) return Number(value)
  const power = 10 ** scale
  if (typeof value === 'number') return value / power
  const exactPower = 10n ** BigInt(scale)
  return Number(value / exactPower) + Number(value % exactPower) / power
}

function dropDigits(value: Whole, digits: number, range: Range, place: number): Whole {
  return checked(divideRounded(value, 10n ** BigInt(digits)), range, place)
}

function dateToTimestamp(days: number, place: number): Whole {
  if (days === DATE_INFINITY) return TIMESTAMP_INFINITY
  if (days === -DATE_INFINITY) return -TIMESTAMP_INFINITY
  const micros = days * MICROS_A_DAY
  if (Number.isSafeInteger(micros)) return micros
  const exact = BigInt(days) * BigInt(MICROS_A_DAY)
  if (exact >= TIMESTAMP_INFINITY || exact <= -TIMESTAMP_INFINITY) overflow('TIMESTAMP', place)
  return wholeNumber(exact)
}

function timestampToDate(micros: Whole): number {
  if (micros === TIMESTAMP_INFINITY) return DATE_INFINITY
  if (micros === -TIMESTAMP_INFINITY) return -DATE_INFINITY
  if (typeof micros === 'number') return Math.floor(micros / MICROS_A_DAY)
  const day = BigInt(MICROS_A_DAY)
  const rest = micros % day
  return Number((micros - (rest < 0n ? rest + day : rest)) / day)
}

export const runtime = {
  noBytes: new Uint8Array(0),
  addExact,
  subtractExact,
  multiplyExact,
  divideExact,
  remainderExact,
  checked,
  overflow,
  fail: (problem: string, place: number): never => {
    throw new EvaluationFailure(problem, place)
  },
  floatEqual,
  floatLess,
  compareText,
  compareBytes,
  wholeToFloat,
  dropDigits,
  decimalToText,
  valueToText,
  dateToTimestamp,
  timestampToDate,
}
