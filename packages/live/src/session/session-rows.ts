/**
 * The rows of partitions in their order, each tied to the one before and the one behind. Rows that are equal are
 * one, with so many copies. A row that went keeps its slot until `settle`, so that it can still be told.
 *
 * Within a step it notes two kinds of rows: those whose neighbours or copies changed, of which the owner asks again
 * whether they begin a session, and those that came, went or changed their number.
 */
import { assert } from '@millrace/base'
import { grownNumbers } from '../aggregate/accumulator.ts'
import { OrderedRows } from '../ordered/ordered-rows.ts'
import type { OrderedShape } from '../ordered/ordered-shape.ts'
import type { RowComparison } from '../ordered/row-comparison.ts'
import { NO_SLOT } from '../ordered/row-tree.ts'
import { StampedSlots } from './stamped-slots.ts'
import type { ZBatch } from '../zset/z-batch.ts'

export class SessionRows {
  readonly ordered: OrderedRows
  /** Rows that may begin a session now, or no longer. */
  readonly doubtful = new StampedSlots()
  /** Rows that are told anew. */
  readonly touched = new StampedSlots()
  #before: Int32Array = new Int32Array(64)
  #after: Int32Array = new Int32Array(64)
  #copies: Float64Array = new Float64Array(64)
  /** Per partition. */
  #firsts: Int32Array = new Int32Array(64).fill(NO_SLOT)
  #lasts: Int32Array = new Int32Array(64).fill(NO_SLOT)
  #compare: RowComparison = () => 0
  #peers: RowComparison = () => 0
  #gone: { readonly partition: number; readonly slot: number }[] = []

  constructor(shape: OrderedShape) {
    this.ordered = new OrderedRows(shape)
  }

  /** About what it takes in memory. */
  get bytes(): number {
    const slots = this.#before.byteLength + this.#after.byteLength + this.#copies.byteLength
    return this.ordered.bytes + slots + this.#firsts.byteLength + this.#lasts.byteLength + this.doubtful.bytes + this.touched.bytes
  }

  get capacity(): number {
    return this.ordered.table.capacity
  }

  admit({ lanes, count }: ZBatch): void {
    this.ordered.admit(lanes, { count, copies: count })
    this.doubtful.begin(this.capacity)
    this.touched.begin(this.capacity)
    this.#before = grownSlots(this.#before, this.capacity)
    this.#after = grownSlots(this.#after, this.capacity)
    this.#copies = grownNumbers(this.#copies, this.capacity)
    this.#compare = this.ordered.comparison()
    this.#peers = this.ordered.peers()
  }

  before(slot: number): number {
    return this.#before[slot] as number
  }

  after(slot: number): number {
    return this.#after[slot] as number
  }

  /** 0 for a row that went. */
  copies(slot: number): number {
    return this.#copies[slot] as number
  }

  /** Whether the row before stands at the same value. */
  isPeer(slot: number): boolean {
    const before = this.before(slot)
    return before >= 0 && this.#peers(before, slot) === 0
  }

  /** Whether another row stands at the same value, or another copy of this one, which is the first there. */
  hasPeers(slot: number): boolean {
    const after = this.after(slot)
    return this.copies(slot) > 1 || (after >= 0 && this.isPeer(after))
  }

  /** A row of the batch comes, so many times. Its slot, if it was not there; -1 if it was. */
  come(row: number, times: number): number {
    const { ordered } = this
    const given = ordered.put(row)
    const partition = ordered.partitionOf(row, given)
    this.#reservePartitions(ordered.partitionCapacity)
    let before = this.#lasts[partition] as number
    const order = before < 0 ? 0 : this.#compare(before, given)
    // Most rows come behind all others of their partition.
    if (before >= 0 && order >= 0) {
      const same = order === 0 ? before : ordered.find(partition, given)
      if (same >= 0) {
        ordered.free(given)
        this.#addCopies(same, times)
        return NO_SLOT
      }
      before = ordered.slotBefore(partition, given)
    }
    ordered.insert(partition, given, 1)
    this.#tie(partition, given, before)
    this.#copies[given] = times
    this.doubtful.add(given)
    this.touched.add(given)
    return given
  }

  /** A row of the batch goes, so many times; it is there. Its slot, if none of it is left; else -1. */
  go(row: number, times: number): number {
    const { ordered } = this
    const given = ordered.put(row)
    const partition = ordered.partitionOf(row, given)
    const slot = ordered.find(partition, given)
    ordered.free(given)
    assert(slot >= 0 && this.copies(slot) >= times, 'only a row that is there goes')
    this.#addCopies(slot, -times)
    if (this.copies(slot) > 0) return NO_SLOT
    ordered.remove(partition, slot)
    this.#untie(partition, slot)
    this.#gone.push({ partition, slot })
    return slot
  }

  /** Frees what went. To be called once all has been told. */
  settle(): void {
    for (const partition of new Set(this.#gone.map((row) => row.partition))) this.ordered.settle(partition)
    for (const { slot } of this.#gone) this.ordered.free(slot)
    this.#gone = []
  }

  #addCopies(slot: number, times: number): void {
    this.#copies[slot] = this.copies(slot) + times
    this.doubtful.add(slot)
    this.touched.add(slot)
  }

  #tie(partition: number, slot: number, before: number): void {
    const after = (before < 0 ? this.#firsts[partition] : this.#after[before]) as number
    this.#before[slot] = before
    this.#after[slot] = after
    if (before < 0) this.#firsts[partition] = slot
    else this.#after[before] = slot
    if (after < 0) this.#lasts[partition] = slot
    else {
      this.#before[after] = slot
      this.doubtful.add(after)
    }
  }

  #untie(partition: number, slot: number): void {
    const [before, after] = [this.before(slot), this.after(slot)]
    if (before < 0) this.#firsts[partition] = after
    else {
      this.#after[before] = after
      this.doubtful.add(before)
    }
    if (after < 0) this.#lasts[partition] = before
    else {
      this.#before[after] = before
      this.doubtful.add(after)
    }
  }

  #reservePartitions(capacity: number): void {
    if (capacity <= this.#lasts.length) return
    this.#firsts = grownSlots(this.#firsts, capacity)
    this.#lasts = grownSlots(this.#lasts, capacity)
  }
}

/** Empty where nothing has been written. */
export function grownSlots(slots: Int32Array, capacity: number): Int32Array {
  if (capacity <= slots.length) return slots
  const larger = new Int32Array(Math.max(capacity, slots.length * 2)).fill(NO_SLOT)
  larger.set(slots)
  return larger
}
