/** Lets one loop sleep until something happens. A ring while nobody sleeps is heard by the next sleep. */
export class Signal {
  #rung = false
  #wake: (() => void) | null = null

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Until the ring, or for so long. The timer alone keeps no process alive. */
  async sleep(delayMs: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = delayMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(resolve, delayMs).unref()
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.#wake = null
    }
    this.#rung = false
  }
}
