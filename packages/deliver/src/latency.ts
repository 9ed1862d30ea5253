/** The newest reply times, for the console's quantiles. Sorted only when asked. */
const SAMPLES_LIMIT = 1024

export class Latency {
  readonly #samples = new Float64Array(SAMPLES_LIMIT)
  #count = 0

  add(ms: number): void {
    this.#samples[this.#count % SAMPLES_LIMIT] = ms
    this.#count += 1
  }

  /** The sample below which the share of samples lies; null before the first. */
  quantile(share: number): number | null {
    const kept = Math.min(this.#count, SAMPLES_LIMIT)
    if (kept === 0) return null
    const sorted = this.#samples.slice(0, kept).sort()
    return sorted[Math.min(kept - 1, Math.floor(share * kept))] ?? null
  }
}
