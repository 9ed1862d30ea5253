/** A clock for tests: time runs `speed` times as fast as the machine's, and the wall clock can be stepped. */
import type { Clock } from '@millrace/base'

export class TestClock implements Clock {
  readonly speed: number
  readonly #startMs = Date.now()
  readonly #beginMs = performance.now()
  #steppedMs = 0

  constructor(speed = 1) {
    this.speed = speed
  }

  step(differenceMs: number): void {
    this.#steppedMs += differenceMs
  }

  nowMs(): number {
    return this.#startMs + this.monotonicMs() + this.#steppedMs
  }

  monotonicMs(): number {
    return (performance.now() - this.#beginMs) * this.speed
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error)
      const timer = setTimeout(resolve, delayMs / this.speed)
      signal?.addEventListener(
        'abort',
        () => {
          clearTimeout(timer)
          reject(signal.reason as Error)
        },
        { once: true },
      )
    })
  }
}
