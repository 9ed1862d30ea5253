/** Wall and processor time of this process between two counts of changes. */
export class Stopwatch {
  readonly #warmUp: number
  readonly #total: number
  readonly #ended: () => void
  readonly end: Promise<void>
  #beganMs: number | null = null
  #began: NodeJS.CpuUsage = { user: 0, system: 0 }
  #first = 0
  #seconds = 0
  #cpuSeconds = 0
  #count = 0

  constructor({ warmUp, changes }: { warmUp: number; changes: number }) {
    this.#warmUp = warmUp
    this.#total = changes
    const { promise, resolve } = Promise.withResolvers<void>()
    this.end = promise
    this.#ended = resolve
  }

  get result(): { changes: number; seconds: number; cpuSeconds: number } {
    return { changes: this.#count - this.#first, seconds: this.#seconds, cpuSeconds: this.#cpuSeconds }
  }

  /** The stream is about to come. With a warm-up the clock starts later, by itself. */
  start(): void {
    if (this.#warmUp === 0) this.#begin()
  }

  add(changes: number): void {
    this.#count += changes
    if (this.#beganMs === null) {
      if (this.#count >= this.#warmUp) this.#begin()
    } else if (this.#count >= this.#total) this.#finish()
  }

  #begin(): void {
    if (this.#beganMs !== null) return
    this.#beganMs = performance.now()
    this.#began = process.cpuUsage()
    this.#first = this.#count
  }

  #finish(): void {
    if (this.#beganMs === null || this.#seconds > 0) return
    this.#seconds = (performance.now() - this.#beganMs) / 1000
    const { user, system } = process.cpuUsage(this.#began)
    this.#cpuSeconds = (user + system) / 1e6
    this.#ended()
  }
}
