/** What generated code calls. */
import { decimalToText, valueToText } from '@millrace/core'
import { instantText } from '../instant-text.ts'
import * as civilTime from './civil-time.ts'
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
import { siteKey } from '../foreign/foreign-site.ts'
import * as text from './text.ts'
import { compareBytes, compareText, floatEqual, floatLess } from './order.ts'

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

function floorDigits(value: Whole, digits: number, range: Range, place: number): Whole {
  const power = 10n ** BigInt(digits)
  const whole = BigInt(value)
  return checked(whole / power - (whole % power < 0n ? 1n : 0n), range, place)
}

function raiseDigits(value: Whole, digits: number, range: Range, place: number): Whole {
  const power = 10n ** BigInt(digits)
  const whole = BigInt(value)
  return checked(whole / power + (whole % power > 0n ? 1n : 0n), range, place)
}

/** To the nearest whole number, halves to the even one. */
function floatToWhole(value: number, range: Range, place: number): Whole {
  if (!Number.isFinite(value)) overflow(range.name, place)
  const low = Math.floor(value)
  const rest = value - low
  const nearest = rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low
  return checked(BigInt(nearest), range, place)
}

/** Half away from zero. */
function roundFloat(value: number): number {
  const whole = Math.trunc(value)
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole
}

export const runtime = {
  ...civilTime,
  ...text,
  floorDigits,
  raiseDigits,
  roundFloat,
  floatToWhole,
  siteKey,
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
  instantText,
}
