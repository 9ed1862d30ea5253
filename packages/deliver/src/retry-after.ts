/** How long an endpoint asked to be left alone: `Retry-After` in seconds or as a date. */

/** Longer requests than this are cut, so that a slip at the endpoint does not silence it for a year. */
const RETRY_AFTER_MS_MAX = 24 * 3_600_000

export interface RetryAfterHeaders {
  readonly 'retry-after'?: string | undefined
  readonly date?: string | undefined
}

/** Milliseconds to wait, or null where the endpoint did not say. A date counts from the endpoint's own clock where it told it. */
export function retryAfterMs(headers: RetryAfterHeaders, nowMs: number): number | null {
  const text = headers['retry-after']?.trim()
  if (text === undefined || text === '') return null
  if (/^\d+$/.test(text)) return Math.min(RETRY_AFTER_MS_MAX, Number(text) * 1000)
  // Without the name of a month it is no date, whatever the platform makes of it.
  const until = /[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(until)) return null
  const theirs = Date.parse(headers.date ?? '')
  return Math.min(RETRY_AFTER_MS_MAX, Math.max(0, until - (Number.isNaN(theirs) ? nowMs : theirs)))
}
