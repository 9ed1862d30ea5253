/** What the calendar and the clock have, and what they have not. */
import { daysFromCivil } from '@millrace/core'

/** Minutes east of Greenwich; undefined where there is no such zone. */
export function zoneOf(text: string): number | undefined {
  if (text === 'Z' || text === 'z') return 0
  const match = /^([+-])(\d\d):?(\d\d)?$/.exec(text)
  if (match === null) return undefined
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? '0')
  if (Number(match[3] ?? '0') > 59 || minutes > 16 * 60) return undefined
  return match[1] === '-' && minutes !== 0 ? -minutes : minutes
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Null where the calendar has no such day. */
export function dayOf(year: number, month: number, day: number): number | null {
  if (month < 1 || month > 12 || day < 1) return null
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return day <= (MONTH_DAYS[month - 1] as number) + (leap ? 1 : 0) ? daysFromCivil(year, month, day) : null
}

/** Null where a day has no such time, or the fraction has parts of a microsecond. */
export function microsOf(hour: number, minute: number, second: number, fraction: string): number | null {
  if (hour > 23 || minute > 59 || second > 59 || /[1-9]/.test(fraction.slice(6))) return null
  return (hour * 3600 + minute * 60 + second) * 1_000_000 + Number(fraction.slice(0, 6).padEnd(6, '0'))
}
