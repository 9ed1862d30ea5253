/** The exact side of whole-number arithmetic: reached only where a double cannot hold a result. */
import { wholeNumber } from '@millrace/core'
import { overflow } from './evaluation-failure.ts'

export type Whole = number | bigint

/** The least and the greatest value of the result's type. */
export interface Range {
  readonly min: bigint
  readonly max: bigint
  readonly name: string
}

export function checked(value: bigint, range: Range, place: number): Whole {
  if (value < range.min || value > range.max) overflow(range.name, place)
  return wholeNumber(value)
}

export function addExact(left: Whole, right: Whole, range: Range, place: number): Whole {
  return checked(BigInt(left) + BigInt(right), range, place)
}

export function subtractExact(left: Whole, right: Whole, range: Range, place: number): Whole {
  return checked(BigInt(left) - BigInt(right), range, place)
}

export function multiplyExact(left: Whole, right: Whole, range: Range, place: number): Whole {
  return checked(BigInt(left) * BigInt(right), range, place)
}

/** Towards zero, as in SQL. The divisor is not 0. */
export function divideExact(left: Whole, right: Whole, range: Range, place: number): Whole {
  return checked(BigInt(left) / BigInt(right), range, place)
}

/** Takes the sign of the dividend. The least value by -1 is an overflow, as its quotient would be. */
export function remainderExact(left: Whole, right: Whole, range: Range, place: number): Whole {
  if (right === -1 && BigInt(left) === range.min) overflow(range.name, place)
  return wholeNumber(BigInt(left) % BigInt(right))
}

/** Divides by a power of ten, half away from zero: how a decimal loses digits. */
export function divideRounded(value: Whole, power: bigint): bigint {
  const whole = BigInt(value)
  const half = power / 2n
  return (whole < 0n ? whole - half : whole + half) / power
}
