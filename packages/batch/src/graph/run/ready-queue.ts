/** Steps that can start now, the one that most work waits for first. */
export class ReadyQueue<Name> {
  readonly #priority: (name: Name) => number
  readonly #names: Name[] = []

  constructor(priority: (name: Name) => number) {
    this.#priority = priority
  }

  get size(): number {
    return this.#names.length
  }

  add(name: Name): void {
    const own = this.#priority(name)
    let low = 0
    let high = this.#names.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#priority(this.#names[middle] as Name) < own) low = middle + 1
      else high = middle
    }
    this.#names.splice(low, 0, name)
  }

  take(): Name | undefined {
    return this.#names.pop()
  }
}
