/** A form of dates and times that the author declares: `DD.MM.YYYY hh:mm`. Compiled once to a pattern. */
import { MillraceError } from '@millrace/base'
import { dayOf, microsOf, zoneOf } from './calendar.ts'

export interface DateParts {
  /** Null where the form has no date. */
  readonly days: number | null
  /** Since midnight. */
  readonly micros: number
  /** Null where the form has no zone. */
  readonly zoneMinutes: number | null
}

const TOKEN = /YYYY|YY|MON|MM|M|DDD|DD|D|hh|mm|ss|f|zzz|[^]/g

const PATTERN: Readonly<Record<string, string>> = {
  YYYY: String.raw`(?<year>\d{4})`,
  YY: String.raw`(?<shortYear>\d\d)`,
  MON: '(?<name>[A-Za-z]{3})',
  MM: String.raw`(?<month>\d\d)`,
  M: String.raw`(?<month>\d\d?)`,
  DDD: String.raw`(?<dayOfYear>\d{3})`,
  DD: String.raw`(?<day>\d\d)`,
  D: String.raw`(?<day>\d\d?)`,
  hh: String.raw`(?<hour>\d\d)`,
  mm: String.raw`(?<minute>\d\d)`,
  ss: String.raw`(?<second>\d\d)`,
  f: String.raw`(?<fraction>\d{1,12})`,
  zzz: String.raw`(?<zone>[Zz]|[+-]\d\d(?::?\d\d)?)`,
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
/** Two digits of a year from here on are of the last century. */
const CENTURY_BREAK = 70

/** `needs`: what the form must have at least. */
export function compileDateFormat(format: string, needs: readonly ('date' | 'time')[], file: string): (text: string) => DateParts | null {
  const pattern = patternOf(format, file)
  const groups = new Set([...pattern.source.matchAll(/\(\?<(\w+)>/g)].map((match) => match[1]))
  const hasYear = groups.has('year') || groups.has('shortYear')
  const hasDate = hasYear && (groups.has('dayOfYear') || (groups.has('day') && (groups.has('month') || groups.has('name'))))
  const hasTime = groups.has('hour')
  const missing = needs.find((need) => !(need === 'date' ? hasDate : hasTime))
  if (missing !== undefined) throw invalid(file, `the form '${format}' has no full ${missing}`)
  return (text) => {
    const found = pattern.exec(text)?.groups
    return found === undefined ? null : partsOf(found, hasDate)
  }
}

function patternOf(format: string, file: string): RegExp {
  const source = (format.match(TOKEN) ?? [])
    .map((token) => PATTERN[token] ?? token.replace(/[\\^$.*+?()[\]{}|/]/, String.raw`\$&`))
    .join('')
  try {
    return new RegExp(`^${source}$`)
  } catch (cause) {
    throw invalid(file, `the form '${format}' names a part twice`, cause)
  }
}

function partsOf(found: Readonly<Record<string, string | undefined>>, hasDate: boolean): DateParts | null {
  const days = hasDate ? daysOf(found) : null
  const micros = microsOf(Number(found['hour'] ?? 0), Number(found['minute'] ?? 0), Number(found['second'] ?? 0), found['fraction'] ?? '')
  const zoneMinutes = found['zone'] === undefined ? null : zoneOf(found['zone'])
  if (micros === null || zoneMinutes === undefined || (hasDate && days === null)) return null
  return { days, micros, zoneMinutes }
}

function daysOf(found: Readonly<Record<string, string | undefined>>): number | null {
  const year = found['year'] === undefined ? fullYear(Number(found['shortYear'])) : Number(found['year'])
  if (found['dayOfYear'] !== undefined) {
    const first = dayOf(year, 1, 1)
    const next = dayOf(year + 1, 1, 1)
    const day = Number(found['dayOfYear'])
    return first === null || next === null || day < 1 || first + day > next ? null : first + day - 1
  }
  const month = found['name'] === undefined ? Number(found['month']) : MONTHS.indexOf(found['name'].toLowerCase()) + 1
  return dayOf(year, month, Number(found['day']))
}

function fullYear(short: number): number {
  return short >= CENTURY_BREAK ? 1900 + short : 2000 + short
}

function invalid(name: string, problem: string, cause?: unknown): MillraceError {
  return new MillraceError('FILE_FORMAT_INVALID', { ...(cause === undefined ? {} : { cause }), details: { name, problem } })
}
