/**
 * Dates and times, from the binlog's packed numbers and from text.
 *
 * The rule for what is no date (`0000-00-00`, `2026-00-10`, `2026-02-31`): it is read as NULL, by the
 * snapshot and the stream alike, and counted. A TIME may be negative and longer than a day, so it stays
 * text, as the server prints it.
 */
import { CELL, daysFromCivil } from '@millrace/core'
import type { CellReader, CellSink } from './cell-sink.ts'

/** How many values were read as NULL because they are no dates. */
export interface ZeroDates {
  count: number
}

const SECONDS_A_DAY = 86_400
/** Seconds whose microseconds a double holds exactly. */
const SECONDS_EXACT_MAX = 9_007_199_254
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const ZERO = 0x30

function isDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return day <= (month === 2 && isLeap ? 29 : (DAYS_IN_MONTH[month - 1] as number))
}

function pushMicros(seconds: number, micros: number, into: CellSink): void {
  if (seconds > SECONDS_EXACT_MAX || seconds < -SECONDS_EXACT_MAX) into.pushWhole(BigInt(seconds) * 1_000_000n + BigInt(micros))
  else into.pushNumber(seconds * 1_000_000 + micros)
}

function nullDate(zeros: ZeroDates, into: CellSink): void {
  zeros.count += 1
  into.pushCell(CELL.NULL)
}

/** A fraction of a second with `digits` digits, as microseconds. */
function fractionAt(buffer: Buffer, start: number, end: number, digits: number): number {
  let value = 0
  for (let at = start; at < end; at += 1) value = value * 256 + (buffer[at] as number)
  if (digits <= 2) return value * 10_000
  return digits <= 4 ? value * 100 : value
}

export function fractionBytes(digits: number): number {
  return (digits + 1) >> 1
}

export function dateReader(zeros: ZeroDates): CellReader {
  return (buffer, start, _end, into) => {
    const packed = buffer.readUIntLE(start, 3)
    pushDate(packed >> 9, (packed >> 5) & 15, packed & 31, { zeros, into })
  }
}

function pushDate(year: number, month: number, day: number, { zeros, into }: { zeros: ZeroDates; into: CellSink }): void {
  if (isDate(year, month, day)) into.pushNumber(daysFromCivil(year, month, day))
  else nullDate(zeros, into)
}

/** DATETIME(n): 17 bits of months, 5 of days, 17 of the clock, then the fraction. */
export function dateTimeReader(digits: number, zeros: ZeroDates): CellReader {
  return (buffer, start, end, into) => {
    const high = buffer.readUIntBE(start, 3) - 0x80_00_00
    const low = buffer.readUInt16BE(start + 3)
    // 40 bits in two parts, because JavaScript shifts only 32.
    const months = high >> 6
    const rest = (high & 0x3f) * 65_536 + low
    const day = rest >> 17
    const year = Math.floor(months / 13)
    if (!isDate(year, months % 13, day)) return nullDate(zeros, into)
    const clock = ((rest >> 12) & 31) * 3600 + ((rest >> 6) & 63) * 60 + (rest & 63)
    const seconds = daysFromCivil(year, months % 13, day) * SECONDS_A_DAY + clock
    pushMicros(seconds, digits === 0 ? 0 : fractionAt(buffer, start + 5, end, digits), into)
  }
}

/** DATETIME of before MySQL 5.6, still made by MariaDB's `mysql56_temporal_format = OFF`: a number YYYYMMDDhhmmss. */
export function oldDateTimeReader(zeros: ZeroDates): CellReader {
  return (buffer, start, _end, into) => {
    const value = Number(buffer.readBigUInt64LE(start))
    const date = Math.floor(value / 1_000_000)
    const time = value % 1_000_000
    const [year, month, day] = [Math.floor(date / 10_000), Math.floor(date / 100) % 100, date % 100]
    if (!isDate(year, month, day)) return nullDate(zeros, into)
    const clock = Math.floor(time / 10_000) * 3600 + (Math.floor(time / 100) % 100) * 60 + (time % 100)
    pushMicros(daysFromCivil(year, month, day) * SECONDS_A_DAY + clock, 0, into)
  }
}

/** TIMESTAMP(n): seconds since 1970 in UTC, then the fraction. All zero is the zero date. */
export function timestampReader(digits: number, zeros: ZeroDates): CellReader {
  return (buffer, start, end, into) => {
    const seconds = buffer.readUInt32BE(start)
    const micros = digits === 0 ? 0 : fractionAt(buffer, start + 4, end, digits)
    if (seconds === 0 && micros === 0) nullDate(zeros, into)
    else pushMicros(seconds, micros, into)
  }
}

export function oldTimestampReader(zeros: ZeroDates): CellReader {
  return (buffer, start, _end, into) => {
    const seconds = buffer.readUInt32LE(start)
    if (seconds === 0) nullDate(zeros, into)
    else pushMicros(seconds, 0, into)
  }
}

/** TIME(n): a number around the middle of its range, negative below it. */
export function timeReader(digits: number): CellReader {
  const bytes = fractionBytes(digits)
  const unit = 256 ** bytes
  return (buffer, start, end, into) => {
    const value = buffer.readUIntBE(start, end - start) - 0x80_00_00 * unit
    const positive = Math.abs(value)
    const clock = Math.floor(positive / unit)
    let fraction = positive % unit
    if (digits <= 2) fraction *= 10_000
    else if (digits <= 4) fraction *= 100
    const seconds = (clock >> 12) * 3600 + ((clock >> 6) & 63) * 60 + (clock & 63)
    into.pushText(timeText(value < 0, seconds, { fraction, digits }))
  }
}

export function readOldTime(buffer: Buffer, start: number, _end: number, into: CellSink): void {
  const value = buffer.readIntLE(start, 3)
  const positive = Math.abs(value)
  const seconds = Math.floor(positive / 10_000) * 3600 + (Math.floor(positive / 100) % 100) * 60 + (positive % 100)
  into.pushText(timeText(value < 0, seconds, { fraction: 0, digits: 0 }))
}

function timeText(isNegative: boolean, seconds: number, { fraction, digits }: { fraction: number; digits: number }): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, '0'))
  const clock = `${isNegative ? '-' : ''}${parts.join(':')}`
  return digits === 0 ? clock : `${clock}.${String(fraction).padStart(6, '0').slice(0, digits)}`
}

export function dateTextReader(zeros: ZeroDates): CellReader {
  return (buffer, start, _end, into) => {
    pushDate(digitsAt(buffer, start, 4), digitsAt(buffer, start + 5, 2), digitsAt(buffer, start + 8, 2), { zeros, into })
  }
}

/** `2026-02-03 04:05:06.123456`, for DATETIME, and for TIMESTAMP in a session whose zone is UTC. */
export function dateTimeTextReader(zeros: ZeroDates): CellReader {
  return (buffer, start, end, into) => {
    const [year, month, day] = [digitsAt(buffer, start, 4), digitsAt(buffer, start + 5, 2), digitsAt(buffer, start + 8, 2)]
    if (!isDate(year, month, day)) return nullDate(zeros, into)
    const clock = digitsAt(buffer, start + 11, 2) * 3600 + digitsAt(buffer, start + 14, 2) * 60 + digitsAt(buffer, start + 17, 2)
    const length = end - start - 20
    const micros = length <= 0 ? 0 : digitsAt(buffer, start + 20, length) * 10 ** (6 - length)
    pushMicros(daysFromCivil(year, month, day) * SECONDS_A_DAY + clock, micros, into)
  }
}

function digitsAt(buffer: Buffer, start: number, count: number): number {
  let value = 0
  for (let at = start; at < start + count; at += 1) value = value * 10 + (buffer[at] as number) - ZERO
  return value
}
