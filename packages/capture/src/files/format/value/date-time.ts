/** Dates and times in ISO 8601, or in a form that the author declares; to whole days and microseconds. */
import { DATE_INFINITY, TIMESTAMP_INFINITY, type Value, wholeNumber } from '@millrace/core'
import type { CellOptions, TextReader } from './cell-options.ts'
import { dayOf, microsOf, zoneOf } from './calendar.ts'
import { compileDateFormat, type DateParts } from './date-format.ts'

const DAY_MICROS = 86_400_000_000

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
