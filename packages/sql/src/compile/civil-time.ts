/** Dates and timestamps by the calendar. Days and microseconds count from 1970-01-01. */
import { civilFromDays, DATE_INFINITY, daysFromCivil, intervalFromText, TIMESTAMP_INFINITY, wholeNumber } from '@millrace/core'
import { assert } from '@millrace/base'
import { overflow } from './evaluation-failure.ts'
import type { Whole } from './exact.ts'

export const MICROS_A_DAY = 86_400_000_000

export function isInfiniteTime(micros: Whole): boolean {
  return micros === TIMESTAMP_INFINITY || micros === -TIMESTAMP_INFINITY
}

export function isInfiniteDate(days: number): boolean {
  return days === DATE_INFINITY || days === -DATE_INFINITY
}

export function dateToTimestamp(days: number, place: number): Whole {
  if (isInfiniteDate(days)) return days > 0 ? TIMESTAMP_INFINITY : -TIMESTAMP_INFINITY
  return timestampOf(days, 0, place)
}

export function timestampToDate(micros: Whole): number {
  if (isInfiniteTime(micros)) return micros > 0 ? DATE_INFINITY : -DATE_INFINITY
  return dayOf(micros)
}

export function dayOf(micros: Whole): number {
  if (typeof micros === 'number') return Math.floor(micros / MICROS_A_DAY)
  const day = BigInt(MICROS_A_DAY)
  const rest = micros % day
  return Number((micros - (rest < 0n ? rest + day : rest)) / day)
}

/** Microseconds since midnight. */
export function timeOfDay(micros: Whole): number {
  if (typeof micros === 'number') return micros - Math.floor(micros / MICROS_A_DAY) * MICROS_A_DAY
  return Number(micros - BigInt(dayOf(micros)) * BigInt(MICROS_A_DAY))
}

function timestampOf(days: number, time: number, place: number): Whole {
  const micros = days * MICROS_A_DAY + time
  if (Number.isSafeInteger(micros)) return micros
  const exact = BigInt(days) * BigInt(MICROS_A_DAY) + BigInt(time)
  if (exact >= TIMESTAMP_INFINITY || exact <= -TIMESTAMP_INFINITY) overflow('TIMESTAMP', place)
  return wholeNumber(exact)
}

/** What is added to a time: first the months, then the rest. */
export interface TimeShift {
  readonly months: number
  readonly days: number
  readonly micros: number
}

export function addInterval(micros: Whole, { months, days, micros: added }: TimeShift, place: number): Whole {
  if (isInfiniteTime(micros)) return micros
  const moved = addMonths(dayOf(micros), months) + days
  const time = timeOfDay(micros) + added
  const carried = Math.floor(time / MICROS_A_DAY)
  return timestampOf(moved + carried, time - carried * MICROS_A_DAY, place)
}

const SHIFTS_LIMIT = 1024
const shifts = new Map<string, TimeShift>()

/** Adds an interval that stands as its text; most rows have the same few. */
export function addIntervalText(micros: Whole, text: string, { sign, place }: { sign: 1 | -1; place: number }): Whole {
  const key = sign === 1 ? text : `-(${text})`
  let shift = shifts.get(key)
  if (shift === undefined) {
    if (shifts.size === SHIFTS_LIMIT) shifts.clear()
    shift = shiftOf(text, sign)
    shifts.set(key, shift)
  }
  return addInterval(micros, shift, place)
}

/** Whole days among many microseconds are days: a timestamp's day always has 24 hours. */
function shiftOf(text: string, sign: 1 | -1): TimeShift {
  const interval = intervalFromText(text)
  assert(interval !== null, 'an interval is written as DuckDB writes it')
  const { months, days, micros } = interval
  if (typeof micros === 'number') return { months: sign * months, days: sign * days, micros: sign * micros }
  const rest = micros % BigInt(MICROS_A_DAY)
  const whole = (micros - rest) / BigInt(MICROS_A_DAY)
  return { months: sign * months, days: sign * (days + Number(whole)), micros: sign * Number(rest) }
}

/** The same day of another month, or that month's last. */
function addMonths(day: number, months: number): number {
  if (months === 0) return day
  const { year, month, day: dayOfMonth } = civilFromDays(day)
  const count = year * 12 + (month - 1) + months
  const newYear = Math.floor(count / 12)
  const newMonth = count - newYear * 12 + 1
  return daysFromCivil(newYear, newMonth, Math.min(dayOfMonth, daysInMonth(newYear, newMonth)))
}

function daysInMonth(year: number, month: number): number {
  return daysFromCivil(month === 12 ? year + 1 : year, month === 12 ? 1 : month + 1, 1) - daysFromCivil(year, month, 1)
}

export const TRUNCATED_PARTS = ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const
export type TruncatedPart = (typeof TRUNCATED_PARTS)[number]

export function truncateTime(part: TruncatedPart, micros: Whole, place: number): Whole {
  if (isInfiniteTime(micros)) return micros
  const day = dayOf(micros)
  const time = timeOfDay(micros)
  switch (part) {
    case 'second':
      return timestampOf(day, time - (time % 1_000_000), place)
    case 'minute':
      return timestampOf(day, time - (time % 60_000_000), place)
    case 'hour':
      return timestampOf(day, time - (time % 3_600_000_000), place)
    default:
      return timestampOf(truncateDay(part, day), 0, place)
  }
}

function truncateDay(part: 'day' | 'week' | 'month' | 'quarter' | 'year', day: number): number {
  if (part === 'day') return day
  if (part === 'week') return day - (isoWeekday(day) - 1)
  const { year, month } = civilFromDays(day)
  if (part === 'month') return daysFromCivil(year, month, 1)
  return daysFromCivil(year, part === 'year' ? 1 : month - ((month - 1) % 3), 1)
}

/** Monday is 1. 1970-01-01 was a Thursday. */
function isoWeekday(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1
}

export const READ_PARTS = ['year', 'quarter', 'month', 'week', 'day', 'dow', 'isodow', 'doy', 'hour', 'minute', 'second'] as const
export type ReadPart = (typeof READ_PARTS)[number]

export function partOfTime(part: ReadPart, micros: Whole): number {
  const time = timeOfDay(micros)
  switch (part) {
    case 'hour':
      return Math.floor(time / 3_600_000_000)
    case 'minute':
      return Math.floor(time / 60_000_000) % 60
    case 'second':
      return Math.floor(time / 1_000_000) % 60
    default:
      return partOfDay(part, dayOf(micros))
  }
}

export function partOfDay(part: ReadPart, day: number): number {
  const { year, month, day: dayOfMonth } = civilFromDays(day)
  switch (part) {
    case 'year':
      return year
    case 'quarter':
      return Math.floor((month - 1) / 3) + 1
    case 'month':
      return month
    case 'week':
      return isoWeek(day)
    case 'day':
      return dayOfMonth
    case 'dow':
      return isoWeekday(day) % 7
    case 'isodow':
      return isoWeekday(day)
    case 'doy':
      return day - daysFromCivil(year, 1, 1) + 1
    default:
      return 0
  }
}

/** The week that holds the year's first Thursday is its first. */
function isoWeek(day: number): number {
  const thursday = day - isoWeekday(day) + 4
  const { year } = civilFromDays(thursday)
  return Math.floor((thursday - daysFromCivil(year, 1, 1)) / 7) + 1
}
