/**
 * The fold of a stream without a key: how often each whole row is there. Its changes tell whole rows.
 *
 * Finding a row among all others is most of what a fold costs, and a stream of events never takes one back.
 * So once enough rows have come that were nearly all different, they are only put down (event-rows.ts); with
 * the first that is taken back all are found again.
 */
import { assert } from '@millrace/base'
import { type Batch, OPERATION } from '@millrace/core'
import type { Lane } from '@millrace/sql'
import { hashRows } from '../zset/row-hash.ts'
import type { ZBatch } from '../zset/z-batch.ts'
import { type BagChange, bagChanges, insertedRows } from './bag-changes.ts'
import { DIFFERENT_SHARE_LEAST, type EventRows } from './event-rows.ts'
import { concatChanges, type FoldChange } from './fold-change.ts'
import type { FoldShape } from './fold-columns.ts'
import { FoldStore } from './fold-store.ts'
import type { StreamFold } from './stream-fold.ts'

/** Rows that are hashed at a time when all are to be found again. */
const HASHED_ROWS = 16_384

/** What it has seen of its rows. */
export interface BagJudgement {
  readonly came: number
  readonly different: number
  readonly takesBack: boolean
}

export class BagFold implements StreamFold {
  readonly store: FoldStore
  /** Since the index came to be: rows that came, and those among them that were not there yet. */
  #came = 0
  #different = 0
  /** Some row was taken back: it will happen again. */
  #takesBack = false

  constructor(shape: FoldShape, eventsLeast?: number) {
    assert(shape.key.length === 0, 'a bag fold has no key')
    this.store = new FoldStore(shape, eventsLeast)
  }

  /** How it judges its rows, for whoever moves them elsewhere meanwhile. */
  get judgement(): BagJudgement {
    return { came: this.#came, different: this.#different, takesBack: this.#takesBack }
  }

  takeJudgement({ came, different, takesBack }: BagJudgement): void {
    this.#came = came
    this.#different = different
    this.#takesBack = takesBack
  }

  step(batches: readonly Batch[]): FoldChange {
    const { events } = this.store
    if (events !== null && batches.every(onlyInserts)) return this.#putDown(events, insertedRows(this.store, batches))
    return this.apply(batches.flatMap((batch) => bagChanges(this.store, batch)))
  }

  /** Takes all changes of these rows that a step makes. */
  apply(told: readonly BagChange[]): FoldChange {
    const changes = told.map((change) => (change === 'truncate' ? this.#truncate() : this.#add(change)))
    if (this.#takesBack) for (const { slots } of changes) this.#forgetGone(slots)
    return concatChanges(changes, this.store.layouts)
  }

  #add(batch: ZBatch): FoldChange {
    const { store } = this
    const { count, lanes, weights } = batch
    if (!this.#takesBack && weights.some((weight) => weight < 0)) this.#beginTakingBack()
    if (store.events !== null) return this.#putDown(store.events, batch)
    store.reserve(store.table.slotCount + count)
    store.table.suit(lanes)
    return { batch, slots: this.#find(lanes, weights) }
  }

  #find(lanes: readonly Lane[], weights: Float64Array): Int32Array {
    const { store } = this
    const count = weights.length
    const hashes = hashRows(lanes, store.identity, count)
    const match = store.matchLanes(lanes)
    // The same row may lie in several slots: what is taken back is taken from one that has it.
    const matchThere = (slot: number, row: number): boolean => (store.weights[slot] as number) > 0 && match(slot, row)
    const slots = new Int32Array(count)
    for (let row = 0; row < count; row += 1) {
      const hash = hashes[row] as number
      let slot = (weights[row] as number) < 0 ? store.index.find(hash, matchThere, row) : -1
      if (slot < 0) slot = store.index.find(hash, match, row)
      if (slot < 0) {
        slot = store.table.allocate()
        store.table.put(slot, lanes, row)
        store.index.add(hash, slot)
        store.weights[slot] = 0
        this.#different += 1
      }
      store.weights[slot] = (store.weights[slot] as number) + (weights[row] as number)
      store.markDirty(slot)
      slots[row] = slot
    }
    this.#came += count
    const isWorthless = this.#came >= store.eventsLeast && this.#different >= this.#came * DIFFERENT_SHARE_LEAST
    if (isWorthless && !this.#takesBack) store.beginEvents()
    return slots
  }

  #putDown(events: EventRows, batch: ZBatch): FoldChange {
    const first = events.next
    const slots = new Int32Array(batch.count)
    for (let row = 0; row < batch.count; row += 1) slots[row] = first + row
    events.add(batch)
    return { batch, slots }
  }

  #beginTakingBack(): void {
    this.#takesBack = true
    const { store } = this
    if (store.events === null) return
    store.endEvents()
    const all = Int32Array.from({ length: store.table.slotCount }, (_, slot) => slot).filter((slot) => store.weights[slot] !== 0)
    for (let from = 0; from < all.length; from += HASHED_ROWS) {
      const part = all.subarray(from, from + HASHED_ROWS)
      const hashes = hashRows(store.table.gather(part, part.length), store.identity, part.length)
      for (const [at, slot] of part.entries()) store.index.add(hashes[at] as number, slot)
    }
  }

  #truncate(): FoldChange {
    const { store } = this
    this.#beginTakingBack()
    const slots = Int32Array.from({ length: store.table.slotCount }, (_, slot) => slot).filter((slot) => store.weights[slot] !== 0)
    const weights = Float64Array.from(slots, (slot) => -(store.weights[slot] as number))
    for (const slot of slots) {
      store.weights[slot] = 0
      store.markDirty(slot)
    }
    return { batch: { count: slots.length, lanes: store.table.gather(slots, slots.length), weights }, slots }
  }

  #forgetGone(slots: Int32Array): void {
    const { store } = this
    for (const slot of slots) {
      assert((store.weights[slot] as number) >= 0, 'a stream never takes back more rows than it told')
      if (store.weights[slot] === 0 && store.index.holds(slot)) store.forget(slot)
    }
  }
}

function onlyInserts({ operations, count }: Batch): boolean {
  for (let row = 0; row < count; row += 1) if (operations[row] !== OPERATION.INSERT) return false
  return true
}
