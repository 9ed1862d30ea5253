/** Where a quantile lies among the values of a group in order, and what stands between two of them, as DuckDB has it. */
import type { ExpressionType, QuantileFraction } from '@millrace/sql'
import { wholeNumber } from '@millrace/core'
import type { BagValue } from './value-order.ts'

/** QUANTILE_DISC: the least rank that has at least the fraction of the values at it and before it. */
export function discreteRank({ value, decimal }: QuantileFraction, count: number): number {
  return Math.max(1, count - (decimal === null ? Math.floor(count - count * value) : afterDecimal(decimal, count))) - 1
}

/** How many of the values are beyond the fraction. */
function afterDecimal({ digits, scale }: { digits: number | bigint; scale: number }, count: number): number {
  const unit = 10n ** BigInt(scale)
  return Number(((unit - BigInt(digits)) * BigInt(count)) / unit)
}

/** QUANTILE_CONT: the ranks on both sides of the quantile, and how far it is from the first to the second. */
export function continuousRank({ value }: QuantileFraction, count: number): { lower: number; upper: number; part: number } {
  const rank = (count - 1) * value
  const lower = Math.floor(rank)
  return { lower, upper: Math.ceil(rank), part: rank - lower }
}

/** Values of one type as those of another: the quantile of dates is an instant. */
export interface Interpolation {
  /** The value itself. */
  readonly exact: (value: BagValue) => BagValue
  /** What stands at a part of the way from one value to another. */
  readonly between: (lower: BagValue, upper: BagValue, part: number) => BagValue
}

const DAY_MICROS = 86_400_000_000

/** Null where nothing stands between two values: of texts, of truth values. */
export function interpolationOf(from: ExpressionType, to: ExpressionType): Interpolation | null {
  switch (to.kind) {
    case 'float32':
      return { exact: Number, between: (lower, upper, part) => floatBetween(Number(lower), Number(upper), part) }
    case 'float64':
      return { exact: Number, between: (lower, upper, part) => weighted(Number(lower), Number(upper), part) }
    case 'decimal':
      return { exact: (value) => value, between: to.width > WIDTH_OF_64_BITS ? cutWeighted : cutBetween }
    case 'timestamp':
      if (from.kind !== 'date') return INSTANTS
      return {
        exact: (value) => Number(value) * DAY_MICROS,
        between: (lower, upper, part) => instantBetween(Number(lower) * DAY_MICROS, Number(upper) * DAY_MICROS, part),
      }
    case 'timestamptz':
    case 'time':
      return INSTANTS
    default:
      return null
  }
}

const INSTANTS: Interpolation = { exact: (value) => value, between: instantBetween }

function weighted(lower: number, upper: number, part: number): number {
  return lower * (1 - part) + upper * part
}

/** The way, too, is a FLOAT. */
function floatBetween(lower: number, upper: number, part: number): number {
  return Math.fround(lower + Math.fround(Math.fround(upper - lower) * part))
}

/** DuckDB reckons with wider decimals in doubles. */
const WIDTH_OF_64_BITS = 18

function cutWeighted(lower: BagValue, upper: BagValue, part: number): BagValue {
  return wholeNumber(BigInt(Math.trunc(weighted(Number(lower), Number(upper), part))))
}

/** The way is cut to the digits of the type. */
function cutBetween(lower: BagValue, upper: BagValue, part: number): BagValue {
  const from = BigInt(lower)
  return wholeNumber(from + BigInt(Math.trunc(Number(BigInt(upper) - from) * part)))
}

/** Rounded to a microsecond, half away from zero. */
function instantBetween(lower: BagValue, upper: BagValue, part: number): BagValue {
  const value = weighted(Number(lower), Number(upper), part)
  const magnitude = Math.abs(value)
  const floor = Math.floor(magnitude)
  return wholeNumber(BigInt(Math.sign(value) * (magnitude - floor >= 0.5 ? floor + 1 : floor)))
}
