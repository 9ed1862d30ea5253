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
import type { FoldShape } from './fold-columns.ts'

export class FoldStore {
  readonly shape: FoldShape
  readonly layouts: readonly Layout[]
  readonly table: RowTable
  readonly index = new HashedSlots()
  readonly identity: readonly number[]
  /** How often the row in each slot is there; 0 for a slot without a row. */
  weights = new Float64Array(64)
  readonly #matcher: RowMatcher
  /** Slots that changed since they were last saved. */
  #isDirty = new Uint8Array(64)
  #dirty = new IntList()

  constructor(shape: FoldShape) {
    this.shape = shape
    this.layouts = shape.columns.map((column) => layoutOf(column.type))
    this.table = new RowTable(this.layouts)
    this.identity = shape.key.length > 0 ? shape.key : shape.columns.map((_, at) => at)
    this.#matcher = this.matcher(this.identity)
  }

  get dirtyCount(): number {
    return this.#dirty.count
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

  /** The slots that changed since the last call. */
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
