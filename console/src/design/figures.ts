/** Figures as people read them. Every one is made here, so that the same figure looks the same everywhere. */

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const TENTH = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 })

export function wholeText(value: number): string {
  return WHOLE.format(value)
}

/** `0`, `0.4`, `812`, `12.4k`, `3.1M`: never more than five characters. */
export function rateText(perSecond: number): string {
  if (perSecond === 0) return '0'
  if (perSecond < 0.05) return '<0.1'
  if (perSecond < 9.95) return TENTH.format(perSecond)
  if (perSecond < 9999.5) return WHOLE.format(perSecond)
  if (perSecond < 999_950) return `${TENTH.format(perSecond / 1000)}k`
  return `${TENTH.format(perSecond / 1_000_000)}M`
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A measured duration: `0.4 ms`, `32 ms`, `1.8 s`, `4 min`, `8 h`, `3 d`. */
export function durationText(ms: number): string {
  if (ms < 9.95 && ms > 0 && !Number.isInteger(ms)) return `${TENTH.format(ms)} ms`
  if (ms < SECOND) return `${WHOLE.format(Math.max(0, ms))} ms`
  if (ms < 10 * SECOND) return `${TENTH.format(ms / SECOND)} s`
  if (ms < 2 * MINUTE) return `${WHOLE.format(ms / SECOND)} s`
  if (ms < 2 * HOUR) return `${WHOLE.format(ms / MINUTE)} min`
  if (ms < 2 * DAY) return `${WHOLE.format(ms / HOUR)} h`
  return `${WHOLE.format(ms / DAY)} d`
}

/** How long ago, in whole steps that do not flicker: `now`, `12 s ago`, `4 min ago`. */
export function agoText(thenMs: number, nowMs: number): string {
  const ms = nowMs - thenMs
  if (ms < 1500) return 'now'
  if (ms < 2 * MINUTE) return `${Math.floor(ms / SECOND)} s ago`
  if (ms < 2 * HOUR) return `${Math.floor(ms / MINUTE)} min ago`
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h ago`
  return `${Math.floor(ms / DAY)} days ago`
}

/** `Tue 21 Nov 2026, 14:03:21.204`, in the reader's own zone. */
export function absoluteText(ms: number): string {
  const date = new Date(ms)
  const day = date.toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' })
  return `${day}, ${clockText(ms)}`
}

/** `14:03:21.204` */
export function clockText(ms: number): string {
  const date = new Date(ms)
  const two = (value: number): string => String(value).padStart(2, '0')
  const fraction = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${fraction}`
}
