/** Slots that are noted within a step, each once. */
import { grownNumbers } from '../aggregate/accumulator.ts'
import { IntList } from '../zset/growing-list.ts'

export class StampedSlots {
  #stamps: Float64Array = new Float64Array(64)
  #step = 0
  readonly #list = new IntList()

  get bytes(): number {
    return this.#stamps.byteLength
  }

  /** A new step, of slots below `capacity`. */
  begin(capacity: number): void {
    this.#step += 1
    this.#stamps = grownNumbers(this.#stamps, capacity)
    this.#list.clear()
  }

  add(slot: number): void {
    if (this.#stamps[slot] === this.#step) return
    this.#stamps[slot] = this.#step
    this.#list.push(slot)
  }

  get count(): number {
    return this.#list.count
  }

  /** In the order in which they were noted; more may be while one goes through them. */
  at(index: number): number {
    return this.#list.at(index)
  }
}
