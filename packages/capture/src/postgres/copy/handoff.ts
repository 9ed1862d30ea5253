import { AssertionError, describeError } from '@millrace/base'

/**
 * From one who makes values to one who takes them, at the taker's pace: `put` resolves when the value is
 * taken, so that there is never more than one between the two.
 */
export class Handoff<Value> {
  #value: Value | undefined
  #isEnded = false
  #error: Error | undefined
  #isStopped = false
  #onChange: (() => void)[] = []

  async put(value: Value): Promise<void> {
    this.#value = value
    this.#changed()
    while (this.#value !== undefined && !this.#isStopped) await this.#change()
  }

  end(): void {
    this.#isEnded = true
    this.#changed()
  }

  fail(error: unknown): void {
    this.#error = error instanceof Error ? error : new AssertionError(describeError(error))
    this.end()
  }

  /** The taker wants no more: whoever puts is let go on. */
  stop(): void {
    this.#isStopped = true
    this.#changed()
  }

  async *values(): AsyncGenerator<Value> {
    for (;;) {
      const value = this.#value
      if (value !== undefined) {
        this.#value = undefined
        this.#changed()
        yield value
      } else if (this.#isEnded) {
        if (this.#error !== undefined) throw this.#error
        return
      } else await this.#change()
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#onChange.push(resolve))
  }

  #changed(): void {
    for (const resolve of this.#onChange.splice(0)) resolve()
  }
}
