/** Formats and buckets of timestamps. */
import { civilFromDays, intervalFromText } from '@millrace/core'
import { dayOf, timeOfDay } from '../compile/civil-time.ts'
import type { ShortcutCall } from '../expression/foreign.ts'
import type { Shortcut } from './shortcut.ts'

const DAY_MICROS = 86_400_000_000
/** Years of four digits, which need no padding and no sign. */
const FIRST_DAY = -354_285
const LAST_DAY = 2_932_896

interface Moment {
  readonly year: number
  readonly month: number
  readonly day: number
  /** Microseconds since midnight. */
  readonly time: number
}

const CODES: Readonly<Record<string, (moment: Moment) => string>> = {
  '%Y': ({ year }) => String(year),
  '%m': ({ month }) => padded(month, 2),
  '%d': ({ day }) => padded(day, 2),
  '%H': ({ time }) => padded(Math.floor(time / 3_600_000_000), 2),
  '%M': ({ time }) => padded(Math.floor(time / 60_000_000) % 60, 2),
  '%S': ({ time }) => padded(Math.floor(time / 1_000_000) % 60, 2),
  '%f': ({ time }) => padded(time % 1_000_000, 6),
  '%%': () => '%',
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0')
}

export function formatShortcut({ types, arguments: [input, format] }: ShortcutCall): Shortcut | null {
  const kind = types[0]?.kind
  if (input !== 0 || typeof format !== 'object' || typeof format.value !== 'string' || (kind !== 'timestamp' && kind !== 'date'))
    return null
  const parts = format.value.match(/%.|[^%]+|%$/gsu) ?? []
  if (parts.some((part) => part.startsWith('%') && CODES[part] === undefined)) return null
  const codes = parts.map((part) => CODES[part] ?? ((): string => part))
  const unit = kind === 'date' ? 1 : Math.min(...parts.map((part) => UNITS[part] ?? DAY_MICROS))
  // Neighbouring rows are of about the same time: within a unit of the format the text is the same.
  let lastUnit = Number.NaN
  let lastText = ''
  return (value) => {
    if (typeof value !== 'number') return undefined
    const at = Math.floor(value / unit)
    if (at === lastUnit) return lastText
    const day = kind === 'date' ? value : dayOf(value)
    if (day < FIRST_DAY || day > LAST_DAY) return undefined
    const moment = { ...civilFromDays(day), time: kind === 'date' ? 0 : timeOfDay(value) }
    let text = ''
    for (const code of codes) text += code(moment)
    lastUnit = at
    lastText = text
    return text
  }
}

/** How many microseconds have the same text, of the codes that change within a day. */
const UNITS: Readonly<Record<string, number>> = { '%H': 3_600_000_000, '%M': 60_000_000, '%S': 1_000_000, '%f': 1 }

/** Monday 2000-01-03: from there buckets of days and less count, in both directions. */
const ORIGIN_MICROS = 10_959 * DAY_MICROS

export function bucketShortcut({ types, arguments: [width, input] }: ShortcutCall): Shortcut | null {
  if (types.length !== 2 || input !== 0 || typeof width !== 'object' || types[1]?.kind !== 'timestamp') return null
  const interval = intervalFromText(width.value)
  if (interval === null || interval.months !== 0 || typeof interval.micros === 'bigint') return null
  const micros = interval.days * DAY_MICROS + interval.micros
  if (micros <= 0 || !Number.isSafeInteger(micros)) return null
  return (value) => {
    if (typeof value !== 'number') return undefined
    const passed = value - ORIGIN_MICROS
    const rest = passed % micros
    const bucket = value - (rest < 0 ? rest + micros : rest)
    return Number.isSafeInteger(passed) && Number.isSafeInteger(bucket) ? bucket : undefined
  }
}
