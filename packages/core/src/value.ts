import { isWhole, type Type } from './type.ts'

/**
 * One value outside a vector. Numbers with a fixed point (integers, decimals, dates, times) are their
 * unscaled whole number: `number` where it is a safe integer and `bigint` beyond, never both for one
 * value, so that equal values are `Object.is`-equal or equal bigints.
 */
export type Value = null | boolean | number | bigint | string | Uint8Array

const SAFE = BigInt(Number.MAX_SAFE_INTEGER)

/** The one representation of a whole number: a `number` if that is exact. */
export function wholeNumber(value: bigint): number | bigint {
  return value <= SAFE && value >= -SAFE ? Number(value) : value
}

/** A value as text that loses nothing, as Postgres writes it (bytes in hex, UTC for instants). */
export function valueToText(type: Type, value: Exclude<Value, null>): string {
  switch (type.kind) {
    case 'decimal':
      return decimalToText(value as number | bigint, type.scale)
    case 'date':
      return dateToText(value as number)
    case 'time':
      return timeToText(value as number)
    case 'timestamp':
      return timestampToText(value as number | bigint)
    case 'timestamptz':
      return withZone(timestampToText(value as number | bigint))
    case 'bytes':
      return `\\x${Buffer.from(value as Uint8Array).toString('hex')}`
    case 'float32':
    case 'float64':
      return floatToText(value as number)
    default:
      return String(value)
  }
}

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue }

/** A value for JSON: numbers only where a double holds them exactly, else the exact text. */
export function valueToJson(type: Type, value: Value): JsonValue {
  if (value === null) return null
  if (typeof value === 'boolean') return value
  if (isWhole(type)) return typeof value === 'number' ? value : String(value)
  switch (type.kind) {
    case 'float32':
    case 'float64':
      return Number.isFinite(value) ? (value as number) : floatToText(value as number)
    case 'list':
    case 'struct':
    case 'map':
      return JSON.parse(value as string) as JsonValue
    default:
      return valueToText(type, value)
  }
}

export function decimalToText(unscaled: number | bigint, scale: number): string {
  if (scale === 0) return String(unscaled)
  const negative = unscaled < 0
  const digits = String(negative ? -unscaled : unscaled).padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}

function floatToText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Infinity) return 'Infinity'
  if (value === -Infinity) return '-Infinity'
  return Object.is(value, -0) ? '-0' : String(value)
}

/** DuckDB's infinities: the extremes of the type. */
export const DATE_INFINITY = 2_147_483_647
export const TIMESTAMP_INFINITY = 9_223_372_036_854_775_807n

function dateToText(days: number): string {
  if (days === DATE_INFINITY) return 'infinity'
  if (days === -DATE_INFINITY) return '-infinity'
  const { year, month, day } = civilFromDays(days)
  return `${yearToText(year)}-${two(month)}-${two(day)}${year <= 0 ? ' (BC)' : ''}`
}

function timeToText(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000)
  const fraction = micros - seconds * 1_000_000
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return fraction === 0 ? clock : `${clock}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`
}

function timestampToText(micros: number | bigint): string {
  if (micros === TIMESTAMP_INFINITY) return 'infinity'
  if (micros === -TIMESTAMP_INFINITY) return '-infinity'
  const whole = BigInt(micros)
  const day = 86_400_000_000n
  const days = (whole - (((whole % day) + day) % day)) / day
  const { year, month, day: dayOfMonth } = civilFromDays(Number(days))
  const clock = timeToText(Number(whole - days * day))
  return `${yearToText(year)}-${two(month)}-${two(dayOfMonth)} ${clock}${year <= 0 ? ' (BC)' : ''}`
}

function withZone(text: string): string {
  if (text.endsWith('infinity')) return text
  return text.endsWith(' (BC)') ? `${text.slice(0, -5)}+00 (BC)` : `${text}+00`
}

function yearToText(year: number): string {
  return String(year <= 0 ? 1 - year : year).padStart(4, '0')
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}

/** Proleptic Gregorian calendar; year 0 is 1 BC. Howard Hinnant's era arithmetic, exact for all days. */
export function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return { year, month, day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1 }
}

export function daysFromCivil(year: number, month: number, day: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year
  const era = Math.floor(shiftedYear / 400)
  const yearOfEra = shiftedYear - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}
