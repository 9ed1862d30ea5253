/**
 * The last two minutes of one counter and one lag, a sample a second, in a ring that never grows
 * (law 8). Durations are monotonic, so that a stepped wall clock bends no rate.
 */
import { HISTORY_SAMPLES_LIMIT } from './limits.ts'
import type { Lag, Rate } from './report.ts'

interface Point {
  readonly monotonicMs: number
  /** Changes so far, counted over restarts of the stage. */
  readonly total: number
  /** Changes a second since the point before. */
  readonly perSecond: number
  readonly lagMs: number | null
}

export class History {
  readonly #points: Point[] = []
  #counted = 0

  /** `changes` is the stage's own counter; one that fell was restarted and counts from zero again. */
  add(monotonicMs: number, changes: number, lagMs: number | null): void {
    const last = this.#points.at(-1)
    const grown = changes >= this.#counted ? changes - this.#counted : changes
    const elapsedMs = last === undefined ? 0 : monotonicMs - last.monotonicMs
    this.#points.push({
      monotonicMs,
      total: last === undefined ? 0 : last.total + grown,
      perSecond: elapsedMs > 0 ? (grown * 1000) / elapsedMs : 0,
      lagMs,
    })
    this.#counted = changes
    if (this.#points.length > HISTORY_SAMPLES_LIMIT + 1) this.#points.shift()
  }

  rate(): Rate {
    return { perSecond1: this.#over(1000), perSecond10: this.#over(10_000), perSecond60: this.#over(60_000) }
  }

  lag(): Lag {
    const known = this.#points.flatMap((point) => (point.lagMs === null ? [] : [point.lagMs])).toSorted((left, right) => left - right)
    return { nowMs: this.#points.at(-1)?.lagMs ?? null, p50Ms: quantile(known, 0.5), p99Ms: quantile(known, 0.99) }
  }

  /** Changes a second, the oldest first. */
  spark(): readonly number[] {
    return this.#points.slice(1).map((point) => Math.round(point.perSecond * 10) / 10)
  }

  /** The mean over the last `windowMs`, or over the whole history while it is shorter. */
  #over(windowMs: number): number {
    const newest = this.#points.at(-1)
    // Timers wake a little late or early: half a sample of tolerance finds the point that is meant.
    const oldest = this.#points.findLast((point) => newest !== undefined && newest.monotonicMs - point.monotonicMs >= windowMs - 500)
    const from = oldest ?? this.#points[0]
    if (newest === undefined || from === undefined || newest.monotonicMs <= from.monotonicMs) return 0
    return ((newest.total - from.total) * 1000) / (newest.monotonicMs - from.monotonicMs)
  }
}

/** The nearest-rank quantile of a sorted list; null for an empty one. */
function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
}
