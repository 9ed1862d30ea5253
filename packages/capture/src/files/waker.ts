import type { Clock } from '@millrace/base'

/** A wait that can be cut short. A call of `wake` while nobody waits is kept for the next one. */
export class Waker {
  readonly #clock: Clock
  #wake: (() => void) | null = null
  #isWoken = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  wake(): void {
    this.#isWoken = true
    this.#wake?.()
  }

  /** Resolves after the delay, at the next `wake`, or when the signal aborts. */
  async wait(delayMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#isWoken) {
      const woken = new AbortController()
      this.#wake = () => woken.abort()
      await this.#clock.sleep(delayMs, AbortSignal.any([signal, woken.signal])).catch(() => undefined)
      this.#wake = null
    }
    this.#isWoken = false
  }
}
