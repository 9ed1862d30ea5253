/** Durations in buckets one per cent apart, from ten microseconds to a day: exact enough, and of one size. */
const LEAST_MS = 0.01
const STEP = Math.log(1.01)
const BUCKETS = 2_400

export interface LatencySummary {
  readonly count: number
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly p99Ms: number | null
  readonly maxMs: number | null
}

export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS)
  #count = 0
  #maxMs = 0

  add(durationMs: number): void {
    const bucket = Math.floor(Math.log(Math.max(LEAST_MS, durationMs) / LEAST_MS) / STEP)
    const at = Math.min(BUCKETS - 1, bucket)
    this.#counts[at] = (this.#counts[at] as number) + 1
    this.#count += 1
    this.#maxMs = Math.max(this.#maxMs, durationMs)
  }

  reset(): void {
    this.#counts.fill(0)
    this.#count = 0
    this.#maxMs = 0
  }

  summary(): LatencySummary {
    if (this.#count === 0) return { count: 0, p50Ms: null, p95Ms: null, p99Ms: null, maxMs: null }
    return {
      count: this.#count,
      p50Ms: this.#quantile(0.5),
      p95Ms: this.#quantile(0.95),
      p99Ms: this.#quantile(0.99),
      maxMs: round(this.#maxMs),
    }
  }

  #quantile(share: number): number {
    let left = Math.ceil(share * this.#count)
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      left -= this.#counts[bucket] as number
      if (left <= 0) return round(Math.min(this.#maxMs, LEAST_MS * Math.exp((bucket + 1) * STEP)))
    }
    return round(this.#maxMs)
  }
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100
}
