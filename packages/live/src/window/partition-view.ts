/**
 * One partition in its order, by place: which slot stands there, and which rows tie with it. Slots are
 * read in runs, so that a walk costs little more than an array.
 */
import type { OrderedRows } from '../ordered/ordered-rows.ts'
import { IntList } from '../zset/growing-list.ts'

const RUN = 512

export class PartitionView {
  readonly rows: OrderedRows
  #partition = -1
  #generation = 0
  #root = -1
  #count = 0
  readonly #runs = new Map<number, Int32Array>()
  #lastRun = -1
  #last: Int32Array = new Int32Array(0)
  #groupStart = 0
  #groupEnd = 0
  readonly #found = new IntList()

  constructor(rows: OrderedRows) {
    this.rows = rows
  }

  open(partition: number): void {
    this.#partition = partition
    this.#generation += 1
    this.#root = this.rows.root(partition)
    this.#count = this.rows.tree.total(this.#root)
    if (this.#runs.size > 0) this.#runs.clear()
    this.#lastRun = -1
    this.#groupStart = 0
    this.#groupEnd = 0
  }

  get partition(): number {
    return this.#partition
  }

  /** Another one each time that a partition is opened: what was found in one holds no longer. */
  get generation(): number {
    return this.#generation
  }

  get count(): number {
    return this.#count
  }

  slotAt(place: number): number {
    const run = Math.floor(place / RUN)
    if (run !== this.#lastRun) this.#load(run)
    return this.#last[place - run * RUN] as number
  }

  /** The first place of the rows that tie with the one at a place. */
  groupStart(place: number): number {
    if (place < this.#groupStart || place >= this.#groupEnd) this.#findGroup(place)
    return this.#groupStart
  }

  /** The place behind them. */
  groupEnd(place: number): number {
    if (place < this.#groupStart || place >= this.#groupEnd) this.#findGroup(place)
    return this.#groupEnd
  }

  /** How many rows there are, from the first on, for which a test holds that fails for all rows behind. */
  countWhile(holds: (slot: number) => boolean): number {
    return this.rows.tree.countWhile(this.#root, holds)
  }

  #findGroup(place: number): void {
    const peers = this.rows.peers()
    const slot = this.slotAt(place)
    this.#groupStart = this.countWhile((other) => peers(other, slot) < 0)
    this.#groupEnd = this.countWhile((other) => peers(other, slot) <= 0)
  }

  #load(run: number): void {
    let slots = this.#runs.get(run)
    if (slots === undefined) {
      this.#found.clear()
      this.rows.tree.collect(this.#root, { from: run * RUN, to: (run + 1) * RUN }, this.#found)
      slots = this.#found.values().slice()
      this.#runs.set(run, slots)
    }
    this.#lastRun = run
    this.#last = slots
  }
}
