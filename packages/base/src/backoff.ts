import type { Random } from './random.ts'

export interface BackoffOptions {
  readonly attempt: number
  readonly baseMs: number
  readonly limitMs: number
  /** The share of the delay that is drawn at random, so that many callers do not come back together. */
  readonly jitter: number
}

/** The delay before attempt `attempt + 1`: doubled each time, bounded, with jitter on both sides. */
export function backoffMs(random: Random, { attempt, baseMs, limitMs, jitter }: BackoffOptions): number {
  const whole = Math.min(limitMs, baseMs * 2 ** Math.min(attempt, 40))
  return whole * (1 - jitter + 2 * jitter * random.next())
}
