/**
 * What a step does to the partitions of an order: which rows change, and how much weight comes and goes. Most
 * partitions have one change: the changes are chained through arrays, because an object for each would cost more than it.
 */
import { grownNumbers } from '../aggregate/accumulator.ts'
import { IntList } from '../zset/growing-list.ts'

const NONE = -1

export class TouchedPartitions {
  /** Each once, in the order in which they were touched. */
  readonly partitions = new IntList()
  #stepNumber = 0
  /** Per partition the step that touched it last, the weight that came and went in it, and the newest change. */
  #touchedIn: Float64Array = new Float64Array(64)
  #moved: Float64Array = new Float64Array(64)
  #newest: Float64Array = new Float64Array(64)
  /** Per slot the step in which its row changed last. */
  #changedIn: Float64Array = new Float64Array(64)
  /** Per change its slot, and the change before it of the same partition. */
  readonly #slots = new IntList()
  readonly #before = new IntList()

  get bytes(): number {
    return this.#touchedIn.byteLength * 3 + this.#changedIn.byteLength
  }

  /** `capacity`: all slots lie below. */
  begin(capacity: number): void {
    this.#stepNumber += 1
    this.partitions.clear()
    this.#slots.clear()
    this.#before.clear()
    this.#changedIn = grownNumbers(this.#changedIn, capacity)
  }

  /** The row of a slot has changed by a weight. */
  add(partition: number, slot: number, weight: number): void {
    if (partition >= this.#touchedIn.length) this.#grow(partition + 1)
    if (this.#touchedIn[partition] !== this.#stepNumber) {
      this.#touchedIn[partition] = this.#stepNumber
      this.#moved[partition] = 0
      this.#newest[partition] = NONE
      this.partitions.push(partition)
    }
    this.#moved[partition] = (this.#moved[partition] as number) + Math.abs(weight)
    if (this.#changedIn[slot] === this.#stepNumber) return
    this.#changedIn[slot] = this.#stepNumber
    this.#before.push(this.#newest[partition] as number)
    this.#newest[partition] = this.#slots.count
    this.#slots.push(slot)
  }

  /** How far the rows that stay can have moved. */
  movedIn(partition: number): number {
    return this.#moved[partition] as number
  }

  /** The newest change of a partition, then `before` it, until -1. */
  newest(partition: number): number {
    return this.#newest[partition] as number
  }

  before(change: number): number {
    return this.#before.at(change)
  }

  slotOf(change: number): number {
    return this.#slots.at(change)
  }

  #grow(least: number): void {
    this.#touchedIn = grownNumbers(this.#touchedIn, least)
    this.#moved = grownNumbers(this.#moved, least)
    this.#newest = grownNumbers(this.#newest, least)
  }
}
