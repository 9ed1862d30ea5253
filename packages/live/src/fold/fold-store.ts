/**
 * The rows of one stream as they are now: a fold of its changes. All models that read the stream share
 * it. It turns changes as sources tell them (an update without the row before, a delete with the key
 * only, a value that was not sent because it did not change, a truncation) into exact weights.
 *
 * A row keeps its slot for as long as it lives; what a slot held last is what is saved of it.
 */
import { assert } from '@millrace/base'
import { type Layout, layoutOf } from '@millrace/core'
import type { Lane } from '@millrace/sql'
import { IntList } from '../zset/growing-list.ts'
import { hashRows } from '../zset/row-hash.ts'
import { compileMatcher, type RowMatcher } from '../zset/row-match.ts'
import { RowTable } from '../zset/row-table.ts'
import { HashedSlots } from '../zset/hashed-slots.ts'
import { concatBatches, type ZBatch } from '../zset/z-batch.ts'
import { EVENTS_LEAST, EventRows } from './event-rows.ts'
import type { FoldShape } from './fold-columns.ts'

export class FoldStore {
  readonly shape: FoldShape
  readonly layouts: readonly Layout[]
  readonly table: RowTable
  readonly index = new HashedSlots()
  readonly identity: readonly number[]
  /** How often the row in each slot is there; 0 for a slot without a row. */
  weights = new Float64Array(64)
  /** Rows behind those of the table that nobody looks up; null where all rows are in the table. */
  #events: EventRows | null = null
  readonly #matcher: RowMatcher
  /** Slots that changed since they were last saved. */
  #isDirty = new Uint8Array(64)
  #dirty = new IntList()

  /** Rows that must have come before it is judged whether they are events. */
  readonly eventsLeast: number

  constructor(shape: FoldShape, eventsLeast: number = EVENTS_LEAST) {
    this.shape = shape
    this.eventsLeast = eventsLeast
    this.layouts = shape.columns.map((column) => layoutOf(column.type))
    this.table = new RowTable(this.layouts)
    this.identity = shape.key.length > 0 ? shape.key : shape.columns.map((_, at) => at)
    this.#matcher = this.matcher(this.identity)
  }

  /** About what it takes in memory. */
  get bytes(): number {
    // A keyed fold keeps a number a slot beside.
    const slots = this.weights.byteLength * 2 + this.#isDirty.byteLength
    return this.table.bytes + this.index.bytes + slots + (this.#events?.bytes ?? 0)
  }

  isDirty(slot: number): boolean {
    return this.#isDirty[slot] === 1
  }

  get dirtyCount(): number {
    return this.#dirty.count + (this.#events?.unsavedCount ?? 0)
  }

  /** Slots ever used: all that hold a row lie below. */
  get slotCount(): number {
    return this.#events?.next ?? this.table.slotCount
  }

  get rowCount(): number {
    return this.table.rowCount + this.slotCount - this.table.slotCount
  }

  get events(): EventRows | null {
    return this.#events
  }

  /** From here on rows are only put down; the index is not kept up. */
  beginEvents(): EventRows {
    assert(this.#events === null, 'events begin once')
    this.index.clear()
    this.#events = new EventRows(this.layouts, this.table.slotCount)
    return this.#events
  }

  /** Puts all rows into the table; the index knows none of them. */
  endEvents(): void {
    const events = this.#events
    if (events === null) return
    this.reserve(events.next)
    for (const { first, count } of events.takeUnsaved()) for (let at = 0; at < count; at += 1) this.markDirty(first + at)
    while (this.table.slotCount < events.next) {
      const first = this.table.slotCount
      const { count, lanes, weights } = events.read(first, events.next)
      this.table.suit(lanes)
      for (let row = 0; row < count; row += 1) {
        this.table.put(first + row, lanes, row)
        this.weights[first + row] = weights[row] as number
      }
      this.table.claim(first + count)
    }
    events.close()
    this.#events = null
  }

  /** The rows of the slots from `from` to `until`, or of fewer, but some: `next` is the first slot after them. */
  rows(from: number, until: number): { readonly batch: ZBatch; readonly slots: Int32Array; readonly next: number } {
    const next = from < this.table.slotCount ? Math.min(until, this.table.slotCount) : until
    const all = Int32Array.from({ length: next - from }, (_, at) => from + at)
    const slots = from < this.table.slotCount ? all.filter((slot) => this.weights[slot] !== 0) : all
    return { batch: this.rowsIn(slots), slots, next }
  }

  /** The rows of any slots, in their order. */
  rowsIn(slots: Int32Array): ZBatch {
    const { table } = this
    const parts: ZBatch[] = []
    for (let from = 0, until = 0; from < slots.length; from = until) {
      const first = slots[from] as number
      const isInTable = first < table.slotCount
      const follows = (at: number): boolean =>
        isInTable ? (slots[at] as number) < table.slotCount : slots[at] === (slots[at - 1] as number) + 1
      until = from + 1
      while (until < slots.length && follows(until)) until += 1
      const part = isInTable ? this.#tableRows(slots.subarray(from, until)) : this.#eventRows(first, first + until - from)
      parts.push(part)
      until = from + part.count
    }
    return concatBatches(parts, this.layouts)
  }

  #tableRows(slots: Int32Array): ZBatch {
    const weights = Float64Array.from(slots, (slot) => this.weights[slot] as number)
    return { count: slots.length, lanes: this.table.gather(slots, slots.length), weights }
  }

  #eventRows(from: number, until: number): ZBatch {
    assert(this.#events !== null, 'there are rows behind the table')
    return this.#events.read(from, until)
  }

  matcher(laneColumns: readonly number[]): RowMatcher {
    const layouts = this.identity.map((column) => this.layouts[column] as Layout)
    return compileMatcher({ layouts, storedColumns: this.identity, laneColumns }, 'identity')
  }

  reserve(slots: number): void {
    this.table.reserve(slots)
    if (this.table.capacity <= this.weights.length) return
    const weights = new Float64Array(this.table.capacity)
    weights.set(this.weights)
    this.weights = weights
    const isDirty = new Uint8Array(this.table.capacity)
    isDirty.set(this.#isDirty)
    this.#isDirty = isDirty
  }

  markDirty(slot: number): void {
    if (this.#isDirty[slot] === 1) return
    this.#isDirty[slot] = 1
    this.#dirty.push(slot)
  }

  /** The slots of the table that changed since the last call. */
  takeDirty(): Int32Array {
    const slots = this.#dirty.values().slice()
    for (const slot of slots) this.#isDirty[slot] = 0
    this.#dirty = new IntList()
    return slots
  }

  /** Puts saved rows back to their slots; later ones replace earlier ones. `finishRestore` must follow. */
  restore(slots: Float64Array, weights: Float64Array, lanes: readonly Lane[]): void {
    let most = 0
    for (const slot of slots) most = Math.max(most, slot + 1)
    this.reserve(most)
    this.table.suit(lanes)
    for (let row = 0; row < slots.length; row += 1) {
      const slot = slots[row] as number
      this.weights[slot] = weights[row] as number
      this.table.put(slot, lanes, row)
    }
    this.table.claim(most)
  }

  finishRestore(): void {
    const count = this.table.slotCount
    const all = Int32Array.from({ length: count }, (_, slot) => slot)
    const hashes = hashRows(this.table.gather(all, count), this.identity, count)
    for (let slot = 0; slot < count; slot += 1) {
      if (this.weights[slot] === 0) this.table.free(slot)
      else this.index.add(hashes[slot] as number, slot)
    }
  }

  /** Ties the comparison of identities to lanes that have been admitted. */
  matchLanes(lanes: readonly Lane[]): (slot: number, row: number) => boolean {
    return this.#matcher(this.table, lanes)
  }

  /** Frees the slots whose row is gone, once nothing points at them any more. */
  forget(slot: number): void {
    assert(this.weights[slot] === 0, 'only a row that is gone is forgotten')
    this.index.remove(slot)
    this.table.free(slot)
  }
}
