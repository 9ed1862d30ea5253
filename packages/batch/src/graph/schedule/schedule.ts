/** A schedule as the config names it: when it is due, what it runs, and by when it should have. */
import { type CronTimes, nextCron, readCron } from './cron.ts'
import { type WallTime, Zone } from './zone-time.ts'

export interface ScheduleSettings {
  readonly at?: string | undefined
  readonly every?: string | undefined
  readonly zone?: string | undefined
  readonly select?: string | readonly string[] | undefined
  readonly exclude?: string | undefined
  readonly env?: string | undefined
  readonly deadline?: string | undefined
}

export interface Schedule {
  readonly name: string
  /** Changes when the schedule does. */
  readonly definition: string
  readonly words: readonly string[]
  readonly exclude: string | null
  readonly environment: string
  /** The first time after the given one at which it is due; null where there is none. */
  readonly dueAfter: (atMs: number) => number | null
  /** When a run that is due then should have ended; null where nobody said. */
  readonly deadlineOf: (dueMs: number) => number | null
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, min: 60_000, h: 3_600_000, day: 86_400_000, days: 86_400_000 }

/** A sentence of what is wrong where the settings cannot be meant. */
export function readSchedule(name: string, settings: ScheduleSettings): Schedule | string {
  const { at, every, select = [], exclude = null, env = 'prod' } = settings
  if ((at === undefined) === (every === undefined)) return 'needs one of `at` and `every`'
  const zone = zoneOf(settings.zone ?? 'UTC')
  if (typeof zone === 'string') return zone
  const dueAfter = at === undefined ? everyAfter(every as string) : cronAfter(at, zone)
  if (typeof dueAfter === 'string') return dueAfter
  const deadlineOf = deadlineFrom(settings.deadline, zone)
  if (typeof deadlineOf === 'string') return deadlineOf
  const words = (typeof select === 'string' ? [select] : select).flatMap((word) => word.split(/\s+/)).filter((word) => word !== '')
  return { name, definition: JSON.stringify(settings), words, exclude, environment: env, dueAfter, deadlineOf }
}

function zoneOf(name: string): Zone | string {
  try {
    return new Zone(name)
  } catch {
    return `there is no time zone '${name}'`
  }
}

function cronAfter(text: string, zone: Zone): Schedule['dueAfter'] | string {
  const times: CronTimes | string = readCron(text)
  return typeof times === 'string' ? times : (atMs) => nextCron(times, zone, atMs)
}

/** At whole multiples of the interval since 1970, so that it does not depend on when the process was started. */
function everyAfter(text: string): Schedule['dueAfter'] | string {
  const everyMs = durationOf(text)
  return everyMs === null ? `'${text}' is no interval such as '15 min' or '6 h'` : (atMs) => (Math.floor(atMs / everyMs) + 1) * everyMs
}

function durationOf(text: string): number | null {
  const [, count, unit] = /^(\d+) ?(s|min|h|days?)$/.exec(text) ?? []
  const unitMs = UNITS_MS[unit ?? '']
  return unitMs === undefined || Number(count) === 0 ? null : Number(count) * unitMs
}

function deadlineFrom(text: string | undefined, zone: Zone): Schedule['deadlineOf'] | string {
  if (text === undefined) return () => null
  const afterMs = durationOf(text)
  if (afterMs !== null) return (dueMs) => dueMs + afterMs
  const time = clockTime(text)
  return time === null ? `'${text}' is no time such as '06:00' and no duration such as '45 min'` : (dueMs) => nextAt(time, zone, dueMs)
}

type ClockTime = Pick<WallTime, 'hour' | 'minute'>

export function clockTime(text: string): ClockTime | null {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? []
  return hour === undefined || minute === undefined ? null : { hour: Number(hour), minute: Number(minute) }
}

/** The first time after the given one at which the clock shows it. */
export function nextAt(time: ClockTime, zone: Zone, afterMs: number): number {
  const today = zone.wallTime(afterMs)
  const todayMs = zone.firstInstant({ ...today, ...time })
  return todayMs > afterMs ? todayMs : zone.firstInstant({ ...today, ...time, day: today.day + 1 })
}

/** What may lie between now and the last time at which it was due, the likeliest first. */
const LOOK_BACK_MS = [3_600_000, 86_400_000, 32 * 86_400_000, 366 * 86_400_000]

/** The newest time at which it was due, after the one and not after the other; null where there is none. */
export function newestDue({ dueAfter }: Schedule, { sinceMs, nowMs }: { readonly sinceMs: number; readonly nowMs: number }): number | null {
  const first = dueAfter(sinceMs)
  if (first === null || first > nowMs) return null
  for (const backMs of [...LOOK_BACK_MS, Infinity]) {
    let newest: number | null = null
    for (let dueMs = dueAfter(Math.max(sinceMs, nowMs - backMs)); dueMs !== null && dueMs <= nowMs; dueMs = dueAfter(dueMs)) newest = dueMs
    if (newest !== null || nowMs - backMs <= sinceMs) return newest
  }
  return null
}
