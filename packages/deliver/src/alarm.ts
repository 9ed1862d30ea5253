/** Wakes one sleeper: when something happened, or when a time has come. */
import type { Clock } from '@millrace/base'

export class Alarm {
  readonly #clock: Clock
  #wake: (() => void) | null = null
  #rung = false
  #timer: { readonly dueMs: number; readonly cancel: AbortController } | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Resolves when it was rung since the last wait, or at the monotonic time. */
  async wait(untilMs: number | null): Promise<void> {
    if (!this.#rung) {
      if (untilMs !== null) this.#set(untilMs)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    this.#wake = null
    this.#rung = false
  }

  stop(): void {
    this.#timer?.cancel.abort(new Error('the alarm is stopped'))
    this.#timer = null
  }

  /** An earlier time that is already set stays; being woken too soon is harmless. */
  #set(dueMs: number): void {
    if (this.#timer !== null && this.#timer.dueMs <= dueMs) return
    this.#timer?.cancel.abort(new Error('an earlier time is set'))
    const timer = { dueMs, cancel: new AbortController() }
    this.#timer = timer
    this.#clock.sleep(Math.max(0, dueMs - this.#clock.monotonicMs()), timer.cancel.signal).then(
      () => {
        if (this.#timer === timer) this.#timer = null
        this.ring()
      },
      () => undefined,
    )
  }
}
