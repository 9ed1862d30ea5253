/** Steps that can start now, the one that most work waits for first. */
export class ReadyQueue {
  readonly #priority: ReadonlyMap<string, number>
  readonly #names: string[] = []

  constructor(priority: ReadonlyMap<string, number>) {
    this.#priority = priority
  }

  get size(): number {
    return this.#names.length
  }

  add(name: string): void {
    const own = this.#of(name)
    let low = 0
    let high = this.#names.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#of(this.#names[middle] as string) < own) low = middle + 1
      else high = middle
    }
    this.#names.splice(low, 0, name)
  }

  take(): string | undefined {
    return this.#names.pop()
  }

  #of(name: string): number {
    return this.#priority.get(name) ?? 0
  }
}
