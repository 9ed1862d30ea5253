/**
 * A counted limit that callers wait at, first come first served. It is how a stage keeps law 8: what
 * is in flight has a bound, and whoever would exceed it waits.
 */
export class Gate {
  readonly limit: number
  #held = 0
  readonly #waiting: { amount: number; enter: () => void }[] = []

  constructor(limit: number) {
    this.limit = limit
  }

  get held(): number {
    return this.#held
  }

  /** Waits until `amount` fits. One caller larger than the whole limit passes alone. */
  async enter(amount: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#fits(amount)) {
      this.#held += amount
      return
    }
    await new Promise<void>((enter) => this.#waiting.push({ amount, enter }))
  }

  leave(amount: number): void {
    this.#held -= amount
    while (this.#waiting.length > 0) {
      const first = this.#waiting[0]
      if (first === undefined || !this.#fits(first.amount)) return
      this.#waiting.shift()
      this.#held += first.amount
      first.enter()
    }
  }

  #fits(amount: number): boolean {
    return this.#held === 0 || this.#held + amount <= this.limit
  }
}
