/**
 * How much of the server's log the slot holds back, how fast that grows, and when it will be too much. The
 * rate is that of a window, so that one large transaction is not taken for a flood nor a flood for one.
 */
export interface WalReading {
  readonly atMs: number
  /** From the oldest byte that the server keeps for the slot to the newest. */
  readonly keptBytes: number
  /** What may still be written before the server gives the slot up; null without `max_slot_wal_keep_size`. */
  readonly safeBytes: number | null
}

export interface WalLook {
  readonly keptBytes: number
  readonly safeBytes: number | null
  /** How fast what is kept grows; 0 where it does not. */
  readonly bytesPerSecond: number
  /** Until the nearer of the server's limit and ours; null where it does not grow or nothing limits it. */
  readonly secondsLeft: number | null
}

const WINDOW_MS = 300_000
const READINGS_MAX = 64
/** A shorter time between two readings says nothing about a rate. */
const SPAN_MS_MIN = 1000

export class WalGauge {
  readonly #limitBytes: number | null
  #readings: WalReading[] = []

  /** Our own limit, in bytes. */
  constructor(limitBytes: number | null) {
    this.#limitBytes = limitBytes
  }

  take(reading: WalReading): WalLook {
    this.#readings = [...this.#readings.filter(({ atMs }) => reading.atMs - atMs <= WINDOW_MS), reading].slice(-READINGS_MAX)
    const { keptBytes, safeBytes } = reading
    const bytesPerSecond = this.#rate()
    const limits = [safeBytes, this.#limitBytes === null ? null : this.#limitBytes - keptBytes].filter((left) => left !== null)
    const left = limits.length === 0 ? null : Math.max(0, Math.min(...limits))
    const secondsLeft = left === null ? null : left === 0 ? 0 : bytesPerSecond > 0 ? Math.round(left / bytesPerSecond) : null
    return { keptBytes, safeBytes, bytesPerSecond: Math.round(bytesPerSecond), secondsLeft }
  }

  /** Since the lowest reading of the window: what was given back in between is no growth. */
  #rate(): number {
    const newest = this.#readings.at(-1) as WalReading
    const lowest = this.#readings.reduce((low, each) => (each.keptBytes <= low.keptBytes ? each : low))
    const spanMs = newest.atMs - lowest.atMs
    return spanMs < SPAN_MS_MIN ? 0 : ((newest.keptBytes - lowest.keptBytes) * 1000) / spanMs
  }
}
