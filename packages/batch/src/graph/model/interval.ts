/** Intervals of time, each named by its first moment in UTC as DuckDB writes it: `2026-01-31 00:00:00`. */
import type { IntervalUnit } from './model.ts'

/** Where an interval ends, and the next one begins. */
export function nextInterval(start: string, unit: IntervalUnit): string {
  const at = new Date(`${start.replace(' ', 'T')}Z`)
  if (unit === 'month') at.setUTCMonth(at.getUTCMonth() + 1)
  else at.setTime(at.getTime() + (unit === 'day' ? 24 : 1) * 3_600_000)
  return textOf(at)
}

/** What `2026-01`, `2026-01-31` or `2026-01-31 14:00` names; null where the text names no time. */
export function stretchAt(text: string): Stretch | null {
  const parts = /^(\d{4})-(\d\d)(?:-(\d\d)(?:[ T](\d\d)(?::00)?)?)?$/.exec(text)
  if (parts === null) return null
  const [year, month, day, hour] = parts.slice(1)
  const from = `${year}-${month}-${day ?? '01'} ${hour ?? '00'}:00:00`
  const at = new Date(`${from.replace(' ', 'T')}Z`)
  // JavaScript takes the 31st of February for a day in March.
  if (Number.isNaN(at.getTime()) || textOf(at) !== from) return null
  return { from, to: nextInterval(from, hour !== undefined ? 'hour' : day !== undefined ? 'day' : 'month') }
}

export interface Stretch {
  readonly from: string
  /** The first moment that is not in it. */
  readonly to: string
}

/** Intervals that follow one another as one. */
export function stretchesOf(starts: Iterable<string>, unit: IntervalUnit): Stretch[] {
  const stretches: { from: string; to: string }[] = []
  for (const start of [...new Set(starts)].sort()) {
    const last = stretches.at(-1)
    if (last?.to === start) last.to = nextInterval(start, unit)
    else stretches.push({ from: start, to: nextInterval(start, unit) })
  }
  return stretches
}

function textOf(at: Date): string {
  // A year above 9999, which only the end of the last interval has, is written with a sign and two digits more.
  return at.toISOString().replace(/^\+0*/, '').replace('T', ' ').slice(0, -'.000Z'.length)
}
