/** Which session each row is of. A label that no row has any more is another's later, but never in the same step. */
import { grownNumbers } from '../aggregate/accumulator.ts'
import { grownSlots, type SessionRows } from './session-rows.ts'

export class SessionLabels {
  readonly #rows: SessionRows
  #labels: Int32Array = new Int32Array(64)
  /** Per label. */
  #rowCounts: Float64Array = new Float64Array(64)
  #labelCount = 0
  readonly #free: number[] = []
  #emptied: number[] = []

  constructor(rows: SessionRows) {
    this.#rows = rows
  }

  reserve(capacity: number): void {
    this.#labels = grownSlots(this.#labels, capacity)
  }

  get bytes(): number {
    return this.#labels.byteLength + this.#rowCounts.byteLength + this.#free.length * 8
  }

  /** Gives rows that came the labels that they had elsewhere; to be called before any other row comes. */
  restore(slots: Int32Array, labels: ArrayLike<number>): void {
    for (let at = 0; at < slots.length; at += 1) {
      const label = labels[at] as number
      this.#rowCounts = grownNumbers(this.#rowCounts, label + 1)
      this.#labelCount = Math.max(this.#labelCount, label + 1)
      this.#set(slots[at] as number, label)
    }
    for (let label = 0; label < this.#labelCount; label += 1) if (this.#rowCounts[label] === 0) this.#free.push(label)
  }

  of(slot: number): number {
    return this.#labels[slot] as number
  }

  /** A row that came is of the session of a neighbour, until it is cut off. */
  join(slot: number): void {
    const [before, after] = [this.#rows.before(slot), this.#rows.after(slot)]
    this.#set(slot, before >= 0 ? this.of(before) : after >= 0 ? this.of(after) : this.#open())
  }

  /** A row that went keeps its label for as long as it is told. */
  leave(slot: number): void {
    this.#count(this.of(slot), -1)
  }

  /** The row, with all that follow it, gets another session than the one before it. */
  cut(slot: number): void {
    const label = this.of(slot)
    const before = this.#rows.before(slot)
    if (this.#isShorterBehind(before, slot)) this.#relabel(slot, label, { to: this.#open(), isForward: true })
    else this.#relabel(before, label, { to: this.#open(), isForward: false })
  }

  /** The session of a row and the one that ends before it become one. */
  merge(slot: number): void {
    const before = this.#rows.before(slot)
    const [own, other] = [this.of(slot), this.of(before)]
    if (this.#isShorterBehind(before, slot)) this.#relabel(slot, own, { to: other, isForward: true })
    else this.#relabel(before, other, { to: own, isForward: false })
  }

  settle(): void {
    for (const label of this.#emptied) if (this.#rowCounts[label] === 0) this.#free.push(label)
    this.#emptied = []
  }

  /** Goes both ways at once, so that it takes as long as the shorter side. */
  #isShorterBehind(before: number, slot: number): boolean {
    const [backLabel, ownLabel] = [this.of(before), this.of(slot)]
    let [back, ahead] = [before, slot]
    for (;;) {
      ahead = this.#rows.after(ahead)
      if (ahead < 0 || this.of(ahead) !== ownLabel) return true
      back = this.#rows.before(back)
      if (back < 0 || this.of(back) !== backLabel) return false
    }
  }

  #relabel(from: number, label: number, { to, isForward }: { to: number; isForward: boolean }): void {
    for (let slot = from; slot >= 0 && this.of(slot) === label; slot = isForward ? this.#rows.after(slot) : this.#rows.before(slot)) {
      this.#count(label, -1)
      this.#set(slot, to)
      this.#rows.touched.add(slot)
    }
  }

  #set(slot: number, label: number): void {
    this.#labels[slot] = label
    this.#count(label, 1)
  }

  #count(label: number, rows: number): void {
    const count = (this.#rowCounts[label] as number) + rows
    this.#rowCounts[label] = count
    if (count === 0) this.#emptied.push(label)
  }

  #open(): number {
    const label = this.#free.pop() ?? this.#labelCount++
    this.#rowCounts = grownNumbers(this.#rowCounts, label + 1)
    return label
  }
}
