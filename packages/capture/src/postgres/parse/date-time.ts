/**
 * Dates and times in ISO form and UTC, to whole days and microseconds, with what Postgres adds to the
 * calendar: years beyond four digits, ` BC`, `infinity`.
 */
import { DATE_INFINITY, daysFromCivil, TIMESTAMP_INFINITY, type VectorBuilder } from '@millrace/core'
import { type CellParser, type ColumnPlace, unrepresentable } from './cell-parser.ts'
import { readDigits } from './whole-number.ts'

const DAY_MICROS = 86_400_000_000
/** Up to here a day's last microsecond is still exact in a double. */
const EXACT_DAYS = 104_000
const MINUS = 0x2d
const PLUS = 0x2b
const POINT = 0x2e
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
    const space = buffer.indexOf(0x20, start)
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

/** `YYYY-MM-DD`, the year of four digits or more. The year before 1 is 1 BC, which astronomers call 0. */
function readDay(buffer: Buffer, start: number, end: number, beforeChrist: boolean): number {
  const year = readDigits(buffer, start, end - 6)
  return daysFromCivil(beforeChrist ? 1 - year : year, readDigits(buffer, end - 5, end - 3), readDigits(buffer, end - 2, end))
}

/** `HH:MM:SS`, then perhaps a point and up to six digits. */
function readTimeOfDay(buffer: Buffer, start: number, end: number): number {
  const seconds =
    readDigits(buffer, start, start + 2) * 3600 + readDigits(buffer, start + 3, start + 5) * 60 + readDigits(buffer, start + 6, start + 8)
  if (end === start + 8 || buffer[start + 8] !== POINT) return seconds * 1_000_000
  const digits = end - start - 9
  return seconds * 1_000_000 + readDigits(buffer, start + 9, end) * 10 ** (6 - digits)
}
