const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A duration for people, in its largest whole unit: `40 ms`, `31 s`, `2 min`, `8 h`, `3 days`. */
export function durationText(ms: number): string {
  if (ms < SECOND) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 2 * MINUTE) return `${Math.round(ms / SECOND)} s`
  if (ms < 2 * HOUR) return `${Math.round(ms / MINUTE)} min`
  if (ms < 2 * DAY) return `${Math.round(ms / HOUR)} h`
  return `${Math.round(ms / DAY)} days`
}

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** `1,204` */
export function wholeText(value: number): string {
  return WHOLE.format(value)
}

/** `1 change`, `1,204 changes`. */
export function countText(count: number, one: string): string {
  return `${WHOLE.format(count)} ${one}${count === 1 ? '' : 's'}`
}
