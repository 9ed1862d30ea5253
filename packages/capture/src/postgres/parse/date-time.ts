/**
 * Dates and times in ISO form and UTC, to whole days and microseconds, with what Postgres adds to the
 * calendar: years beyond four digits, ` BC`, `infinity`.
 */
import { assert } from '@millrace/base'
import { DATE_INFINITY, daysFromCivil, TIMESTAMP_INFINITY, type VectorBuilder } from '@millrace/core'
import { type CellParser, type ColumnPlace, unrepresentable } from './cell-parser.ts'
import { readDigits } from './whole-number.ts'

const DAY_MICROS = 86_400_000_000
/** Up to here a day's last microsecond is still exact in a double. */
const EXACT_DAYS = 104_000
const MINUS = 0x2d
const PLUS = 0x2b
const POINT = 0x2e
const COLON = 0x3a
const ZERO = 0x30
const SPACE = 0x20
const LETTER_B = 0x42
const LETTER_I = 0x69

export function parseDate(buffer: Buffer, start: number, end: number, into: VectorBuilder): void {
  const infinity = infinityOf(buffer, start)
  if (infinity !== 0) return into.pushNumber(infinity * DATE_INFINITY)
  const before = isBeforeChrist(buffer, end)
  into.pushNumber(readDay(buffer, start, before ? end - 3 : end, before))
}

export function parseTime(buffer: Buffer, start: number, end: number, into: VectorBuilder): void {
  into.pushNumber(readTimeOfDay(buffer, start, end))
}

/** timestamp and timestamptz: the same text but for `+00`, which the connection's time zone makes certain. */
export function timestampParser(type: 'timestamp' | 'timestamptz', place: ColumnPlace): CellParser {
  return (buffer, start, end, into) => {
    const infinity = infinityOf(buffer, start)
    if (infinity !== 0) return into.pushWhole(infinity === 1 ? TIMESTAMP_INFINITY : -TIMESTAMP_INFINITY)
    const before = isBeforeChrist(buffer, end)
    let last = before ? end - 3 : end
    if (buffer[last - 3] === PLUS) last -= 3
    // The date takes ten characters, but for years beyond 9999.
    const space = buffer[start + 10] === SPACE ? start + 10 : buffer.indexOf(SPACE, start)
    const days = readDay(buffer, start, space, before)
    const micros = readTimeOfDay(buffer, space + 1, last)
    if (days <= EXACT_DAYS && days >= -EXACT_DAYS) return into.pushNumber(days * DAY_MICROS + micros)
    const whole = BigInt(days) * BigInt(DAY_MICROS) + BigInt(micros)
    if (whole >= TIMESTAMP_INFINITY) throw unrepresentable(place, { what: 'an instant after the year 294246', type, wider: 'text' })
    into.pushWhole(whole)
  }
}

/** 1 for `infinity`, -1 for `-infinity`, else 0. */
function infinityOf(buffer: Buffer, start: number): -1 | 0 | 1 {
  if (buffer[start] === LETTER_I) return 1
  return buffer[start] === MINUS ? -1 : 0
}

function isBeforeChrist(buffer: Buffer, end: number): boolean {
  return buffer[end - 2] === LETTER_B
}

/** The day that was read last: neighbours often share it. */
let lastYear = 0
let lastMonthAndDay = 0
let lastDays = daysFromCivil(0, 0, 0)

/** `YYYY-MM-DD`, the year of four digits or more. The year before 1 is 1 BC, which astronomers call 0. */
function readDay(buffer: Buffer, start: number, end: number, beforeChrist: boolean): number {
  assert(buffer[end - 3] === MINUS && buffer[end - 6] === MINUS, 'a date is in ISO form')
  const digits = end - start === 10 ? readTwo(buffer, start) * 100 + readTwo(buffer, start + 2) : readDigits(buffer, start, end - 6)
  const year = beforeChrist ? 1 - digits : digits
  const month = readTwo(buffer, end - 5)
  const day = readTwo(buffer, end - 2)
  if (year === lastYear && month * 100 + day === lastMonthAndDay) return lastDays
  lastYear = year
  lastMonthAndDay = month * 100 + day
  lastDays = daysFromCivil(year, month, day)
  return lastDays
}

/** `HH:MM:SS`, then perhaps a point and up to six digits. */
function readTimeOfDay(buffer: Buffer, start: number, end: number): number {
  assert(buffer[start + 2] === COLON && buffer[start + 5] === COLON, 'a time is in ISO form')
  const seconds = readTwo(buffer, start) * 3600 + readTwo(buffer, start + 3) * 60 + readTwo(buffer, start + 6)
  if (end === start + 8) return seconds * 1_000_000
  assert(buffer[start + 8] === POINT, 'a point stands before the parts of a second')
  let micros = 0
  for (let at = start + 9; at < end; at += 1) micros = micros * 10 + (buffer[at] as number) - ZERO
  return seconds * 1_000_000 + micros * (SCALE[end - start - 9] as number)
}

/** By how much a fraction of so many digits is multiplied to be microseconds. */
const SCALE = [1_000_000, 100_000, 10_000, 1000, 100, 10, 1]

function readTwo(buffer: Buffer, at: number): number {
  return (buffer[at] as number) * 10 + (buffer[at + 1] as number) - ZERO * 11
}
