/** Dates and times in ISO 8601, or in a form that the author declares; to whole days and microseconds. */
import { DATE_INFINITY, TIMESTAMP_INFINITY, type Value, wholeNumber } from '@millrace/core'
import type { CellOptions, TextReader } from './cell-options.ts'
import { dayOf, microsOf, zoneOf } from './calendar.ts'
import { compileDateFormat, type DateParts } from './date-format.ts'

const DAY_MICROS = 86_400_000_000
/** Up to here a day's last microsecond is still exact in a double. */
const EXACT_DAYS = 104_000

const DATE = /^(\d{4,6})-(\d\d)-(\d\d)( \(BC\))?$/
const TIME = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,12}))?)?$/
const STAMP = /^(\d{4,6}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?))? ?(Z|z|[+-]\d\d(?::?\d\d)?)?( \(BC\))?$/

export function dateReader(options: CellOptions): TextReader {
  if (options.format === undefined) return (text) => isoDay(text.trim())
  const parse = compileDateFormat(options.format, ['date'], options.name)
  return (text) => {
    const parts = parse(text.trim())
    return parts === null || parts.micros !== 0 || parts.zoneMinutes !== null ? undefined : (parts.days ?? undefined)
  }
}

export function timeReader(options: CellOptions): TextReader {
  if (options.format === undefined) return (text) => isoTime(text.trim())
  const parse = compileDateFormat(options.format, ['time'], options.name)
  return (text) => {
    const parts = parse(text.trim())
    return parts === null ? undefined : parts.micros
  }
}

/** A timestamptz without a zone is in UTC; a timestamp with one is no timestamp. */
export function timestampReader(kind: 'timestamp' | 'timestamptz', options: CellOptions): TextReader {
  const parse = options.format === undefined ? isoStamp : compileDateFormat(options.format, ['date'], options.name)
  return (given) => {
    const text = given.trim()
    const infinite = options.format === undefined ? infinityOf(text) : 0
    if (infinite !== 0) return infinite === 1 ? TIMESTAMP_INFINITY : -TIMESTAMP_INFINITY
    const parts = parse(text)
    if (parts === null || parts.days === null || (kind === 'timestamp' && parts.zoneMinutes !== null)) return undefined
    const micros = BigInt(parts.days) * BigInt(DAY_MICROS) + BigInt(parts.micros) - BigInt(parts.zoneMinutes ?? 0) * 60_000_000n
    return micros < TIMESTAMP_INFINITY && micros > -TIMESTAMP_INFINITY ? wholeNumber(micros) : undefined
  }
}

function infinityOf(text: string): -1 | 0 | 1 {
  if (text === 'infinity') return 1
  return text === '-infinity' ? -1 : 0
}

function isoDay(text: string): Value | undefined {
  const infinite = infinityOf(text)
  if (infinite !== 0) return infinite * DATE_INFINITY
  const match = DATE.exec(text)
  if (match === null) return undefined
  const year = Number(match[1])
  if (match[4] !== undefined && year === 0) return undefined
  return dayOf(match[4] === undefined ? year : 1 - year, Number(match[2]), Number(match[3])) ?? undefined
}

function isoTime(text: string): number | undefined {
  const match = TIME.exec(text)
  if (match === null) return undefined
  return microsOf(Number(match[1]), Number(match[2]), Number(match[3] ?? '0'), match[4] ?? '') ?? undefined
}

function isoStamp(text: string): DateParts | null {
  const match = STAMP.exec(text)
  if (match === null) return null
  const days = isoDay(`${match[1] ?? ''}${match[4] ?? ''}`)
  const micros = match[2] === undefined ? 0 : isoTime(match[2])
  if (typeof days !== 'number' || micros === undefined) return null
  const zoneMinutes = match[3] === undefined ? null : zoneOf(match[3])
  return zoneMinutes === undefined ? null : { days, micros, zoneMinutes }
}

const MINUS = 0x2d
const COLON = 0x3a
const POINT = 0x2e
const SPACE = 0x20
const LETTER_T = 0x54

/** The day that was read last: neighbours often share it. */
let lastDate = -1
let lastDays = 0

export function fastDate(bytes: Uint8Array, start: number, end: number): number {
  return end - start === 10 ? dayAt(bytes, start) : Number.NaN
}

export function fastTimestamp(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  const between = bytes[start + 10]
  if (length < 19 || length > 26 || (between !== SPACE && between !== LETTER_T)) return Number.NaN
  const days = dayAt(bytes, start)
  // Also false for NaN, a day that is none.
  if (!(days <= EXACT_DAYS && days >= -EXACT_DAYS)) return Number.NaN
  if (bytes[start + 13] !== COLON || bytes[start + 16] !== COLON) return Number.NaN
  const hour = twoAt(bytes, start + 11)
  const minute = twoAt(bytes, start + 14)
  const second = twoAt(bytes, start + 17)
  if ((hour | minute | second) < 0 || hour > 23 || minute > 59 || second > 59) return Number.NaN
  const micros = (hour * 3600 + minute * 60 + second) * 1_000_000
  if (length === 19) return days * DAY_MICROS + micros
  if (bytes[start + 19] !== POINT || length === 20) return Number.NaN
  let fraction = 0
  for (let at = start + 20; at < end; at += 1) {
    const digit = (bytes[at] as number) - 0x30
    if (digit < 0 || digit > 9) return Number.NaN
    fraction = fraction * 10 + digit
  }
  return days * DAY_MICROS + micros + fraction * (FRACTION_SCALE[length - 20] as number)
}

/** By how much a fraction of so many digits is multiplied to be microseconds. */
const FRACTION_SCALE = [1_000_000, 100_000, 10_000, 1000, 100, 10, 1]

function dayAt(bytes: Uint8Array, start: number): number {
  const century = twoAt(bytes, start)
  const year = twoAt(bytes, start + 2)
  const month = twoAt(bytes, start + 5)
  const day = twoAt(bytes, start + 8)
  if ((century | year | month | day) < 0 || bytes[start + 4] !== MINUS || bytes[start + 7] !== MINUS) return Number.NaN
  const date = century * 1_000_000 + year * 10_000 + month * 100 + day
  if (date === lastDate) return lastDays
  const days = monthAt(century * 100 + year, month) + day - 1
  // Months are never longer than 31 days, and only the calendar knows the rest.
  if (day === 0 || Number.isNaN(days) || (day > 28 && dayOf(century * 100 + year, month, day) === null)) return Number.NaN
  lastDate = date
  lastDays = days
  return days
}

/** First days of months that were asked for, by their number since the year 0. */
const MONTHS = new Float64Array(120_000).fill(Number.NaN)

function monthAt(year: number, month: number): number {
  if (month < 1 || month > 12) return Number.NaN
  const at = year * 12 + month - 1
  const known = MONTHS[at] as number
  if (!Number.isNaN(known)) return known
  const days = dayOf(year, month, 1) ?? Number.NaN
  MONTHS[at] = days
  return days
}

/** Below zero where there are no two digits. */
function twoAt(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - 0x30
  const ones = (bytes[at + 1] as number) - 0x30
  return (tens | ones) >= 0 && tens <= 9 && ones <= 9 ? tens * 10 + ones : -1
}
