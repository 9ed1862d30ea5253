/** How much of the log one step takes: adapted so that a step lasts about as long as it should. */
const STEP_MS_WANTED = 20
const BYTES_LEAST = 16 << 10
const BYTES_MOST = 8 << 20

export class StepSize {
  #bytes = 256 << 10

  get bytesLimit(): number {
    return this.#bytes
  }

  /** `full`: the step took as much as it was allowed. */
  learn(tookMs: number, full: boolean): void {
    if (tookMs > STEP_MS_WANTED * 1.5) this.#bytes = Math.max(BYTES_LEAST, this.#bytes / 2)
    else if (full && tookMs < STEP_MS_WANTED / 2) this.#bytes = Math.min(BYTES_MOST, this.#bytes * 2)
  }
}
