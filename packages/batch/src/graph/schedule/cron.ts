/**
 * Times as cron writes them: minute, hour, day of the month, month, day of the week. A clock that is put forward or
 * back changes nothing for what has an hour of its own: it is due once a day, at the instant of the change if
 * its time is left out, and the first time if its time comes twice. What is due in every hour (`*` or every n hours)
 * is due whenever the clock shows its minute.
 */
import { utcMs, type WallTime, type Zone } from './zone-time.ts'

export interface CronTimes {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly isEveryHour: boolean
  readonly months: ReadonlySet<number>
  readonly daysOfMonth: ReadonlySet<number>
  readonly daysOfWeek: ReadonlySet<number>
  /** Where both kinds of days are named, one of them is enough. */
  readonly isEitherDay: boolean
}

interface Field {
  readonly name: string
  readonly least: number
  readonly most: number
  readonly words?: readonly string[]
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const FIELDS: readonly Field[] = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of the month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, words: MONTHS },
  { name: 'day of the week', least: 0, most: 7, words: DAYS },
]

/** A sentence of what is wrong where it cannot be meant. */
export function readCron(text: string): CronTimes | string {
  const fields = text.trim().split(/\s+/)
  if (fields.length !== FIELDS.length) return `'${text}' has ${fields.length} fields, not minute, hour, day, month and day of the week`
  const sets: ReadonlySet<number>[] = []
  for (const [at, field] of FIELDS.entries()) {
    const values = valuesOf(fields[at] as string, field)
    if (typeof values === 'string') return values
    sets.push(values)
  }
  const [minutes, hours, daysOfMonth, months, weekdays] = sets as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>]
  const times = {
    minutes: ascending(minutes),
    hours: ascending(hours),
    isEveryHour: (fields[1] as string).startsWith('*'),
    months,
    daysOfMonth,
    daysOfWeek: new Set([...weekdays].map((day) => day % 7)),
    isEitherDay: !(fields[2] as string).startsWith('*') && !(fields[4] as string).startsWith('*'),
  }
  const anyLeapYear = Array.from({ length: 366 }, (_, day) => new Date(Date.UTC(2024, 0, 1 + day)))
  const hasDay = times.isEitherDay || anyLeapYear.some((day) => months.has(day.getUTCMonth() + 1) && daysOfMonth.has(day.getUTCDate()))
  return hasDay ? times : `there is no such day as '${fields[2] ?? ''} ${fields[3] ?? ''}' says`
}

function ascending(values: ReadonlySet<number>): number[] {
  return [...values].sort((one, other) => one - other)
}

function valuesOf(text: string, field: Field): Set<number> | string {
  const values = new Set<number>()
  for (const part of text.toLowerCase().split(',')) {
    const [, range = '', from, to, step] = /^(\*|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part) ?? []
    const first = range === '*' ? field.least : numberOf(from, field)
    const last = range === '*' ? field.most : to !== undefined ? numberOf(to, field) : step === undefined ? first : field.most
    if (first === null || last === null || first > last || step === '0') return `'${part}' is no ${field.name}`
    for (let value = first; value <= last; value += Number(step ?? 1)) values.add(value)
  }
  return values
}

function numberOf(text: string | undefined, { least, most, words }: Field): number | null {
  const word = words?.indexOf(text ?? '') ?? -1
  const value = word >= 0 ? word + (words === MONTHS ? 1 : 0) : /^\d+$/.test(text ?? '') ? Number(text) : Number.NaN
  return value >= least && value <= most ? value : null
}

/** A 29th of February that is a given day of the week comes within 40 years. */
const DAYS_LOOKED_AT = 41 * 366
/** A change of the clock moves times of a day past each other by less than this. */
const CHANGE_MS_MAX = 4 * 3_600_000

/** The first instant after the given one; null where there is none within 40 years. */
export function nextCron(times: CronTimes, zone: Zone, afterMs: number): number | null {
  const today = zone.wallTime(afterMs)
  // A day may have begun before a change that the given instant is behind.
  for (let day = -1; day < DAYS_LOOKED_AT; day += 1) {
    const date = new Date(Date.UTC(today.year, today.month - 1, today.day + day))
    if (!isDay(times, date)) continue
    const found = firstOfDay({ times, zone, afterMs, date })
    if (found !== null) return found
  }
  return null
}

function isDay({ months, daysOfMonth, daysOfWeek, isEitherDay }: CronTimes, date: Date): boolean {
  const [ofMonth, ofWeek] = [daysOfMonth.has(date.getUTCDate()), daysOfWeek.has(date.getUTCDay())]
  return months.has(date.getUTCMonth() + 1) && (isEitherDay ? ofMonth || ofWeek : ofMonth && ofWeek)
}

interface DaySearch {
  readonly times: CronTimes
  readonly zone: Zone
  readonly afterMs: number
  readonly date: Date
}

function firstOfDay({ times, zone, afterMs, date }: DaySearch): number | null {
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
  const after = utcMs(zone.wallTime(afterMs))
  let first: { readonly atMs: number; readonly shown: number } | null = null
  for (const hour of times.hours)
    for (const minute of times.minutes) {
      const time = { year, month, day, hour, minute }
      const shown = utcMs(time)
      if (shown < after - CHANGE_MS_MAX) continue
      if (first !== null && shown > first.shown + CHANGE_MS_MAX) return first.atMs
      const atMs = instants(times, zone, time).find((instant) => instant > afterMs)
      if (atMs !== undefined && (first === null || atMs < first.atMs)) first = { atMs, shown }
    }
  return first?.atMs ?? null
}

function instants({ isEveryHour }: CronTimes, zone: Zone, time: WallTime): number[] {
  return isEveryHour ? zone.instantsOf(time) : [zone.firstInstant(time)]
}
