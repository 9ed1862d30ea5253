/** Whole numbers that are collected while a batch is worked on: row numbers, slots. */
export class IntList {
  #values = new Int32Array(256)
  #count = 0

  get count(): number {
    return this.#count
  }

  push(value: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Int32Array(this.#values.length * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#count] = value
    this.#count += 1
  }

  at(index: number): number {
    return this.#values[index] as number
  }

  values(): Int32Array {
    return this.#values.subarray(0, this.#count)
  }

  clear(): void {
    this.#count = 0
  }
}

export class NumberList {
  #values = new Float64Array(256)
  #count = 0

  get count(): number {
    return this.#count
  }

  push(value: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#values.length * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#count] = value
    this.#count += 1
  }

  values(): Float64Array {
    return this.#values.subarray(0, this.#count)
  }
}
