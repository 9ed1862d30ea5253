import type { Clock } from '@millrace/base'

/** Holds many callers together to so many rows a second. */
export class Throttle {
  readonly #clock: Clock
  readonly #rowsPerSecondMax: number
  #freeAtMs = 0

  constructor(clock: Clock, rowsPerSecondMax: number) {
    this.#clock = clock
    this.#rowsPerSecondMax = rowsPerSecondMax
  }

  /** Told after the rows: the next ones wait until these are paid for. */
  async passed(rows: number, signal: AbortSignal): Promise<void> {
    if (this.#rowsPerSecondMax === Infinity) return
    const nowMs = this.#clock.monotonicMs()
    this.#freeAtMs = Math.max(nowMs, this.#freeAtMs) + (rows / this.#rowsPerSecondMax) * 1000
    if (this.#freeAtMs > nowMs) await this.#clock.sleep(this.#freeAtMs - nowMs, signal).catch(() => undefined)
  }
}
