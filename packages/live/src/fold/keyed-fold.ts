/** The fold of a stream with a key: each key's present row. A change of an unknown key makes it known. */
import { assert } from '@millrace/base'
import { type Batch, CELL, OPERATION, type Vector } from '@millrace/core'
import { type Lane, laneOf, laneValues } from '@millrace/sql'
import { IntList } from '../zset/growing-list.ts'
import { hashRows } from '../zset/row-hash.ts'
import type { RowMatch } from '../zset/row-match.ts'
import { emptyBatch } from '../zset/z-batch.ts'
import { concatChanges, type FoldChange, NO_SLOTS } from './fold-change.ts'
import { type FoldShape, vectorsOf } from './fold-columns.ts'
import { FoldStore } from './fold-store.ts'
import { type ColumnWrite, writeColumn } from './write-column.ts'
import type { StreamFold } from './stream-fold.ts'

/** What one step touches. */
interface Touched {
  readonly slots: IntList
  /** The rows before the step, of those slots that had one. */
  readonly before: FoldChange[]
  /** Slots whose row before the step has not been copied yet; nothing was written to them so far. */
  fresh: IntList
}

/** A batch with its keys ready to be looked up. */
interface KeyedBatch {
  readonly batch: Batch
  readonly after: readonly (Vector | null)[]
  readonly keys: LookedUp
  /** The keys before, where an update may have changed its key. */
  readonly oldKeys: (LookedUp & { readonly changed: Uint8Array }) | null
}

interface LookedUp {
  readonly lanes: readonly Lane[]
  readonly hashes: Int32Array
}

export class KeyedFold implements StreamFold {
  readonly store: FoldStore
  #touchedIn: Float64Array = new Float64Array(64)
  #stepNumber = 0

  constructor(shape: FoldShape) {
    assert(shape.key.length > 0, 'a keyed fold has a key')
    this.store = new FoldStore(shape)
  }

  step(batches: readonly Batch[]): FoldChange {
    this.#stepNumber += 1
    const touched: Touched = { slots: new IntList(), before: [], fresh: new IntList() }
    for (const batch of batches) this.#apply(this.#prepare(batch), touched)
    return touched.slots.count === 0 ? { batch: emptyBatch(this.store.layouts), slots: NO_SLOTS } : this.#finish(touched)
  }

  #prepare(batch: Batch): KeyedBatch {
    const { shape } = this.store
    const after = vectorsOf(shape, batch, batch.after)
    const keys = this.#lookUp(after, batch.count)
    const before = batch.before === null ? null : vectorsOf(shape, batch, batch.before)
    const changed = before === null ? null : changedKeys({ before, after, key: shape.key, count: batch.count })
    const oldKeys = before === null || changed === null ? null : { ...this.#lookUp(before, batch.count), changed }
    this.store.table.suit(keys.lanes)
    if (oldKeys !== null) this.store.table.suit(oldKeys.lanes)
    return { batch, after, keys, oldKeys }
  }

  /** The key columns as lanes; in the place of the others stands nothing. */
  #lookUp(vectors: readonly (Vector | null)[], count: number): LookedUp {
    const { layouts, identity } = this.store
    const lanes = vectors.map((vector, at): Lane => {
      const layout = layouts[at] as Lane['layout']
      return vector !== null && identity.includes(at) ? laneOf(vector) : { layout, values: laneValues(layout, 0), nulls: null }
    })
    return { lanes, hashes: hashRows(lanes, identity, count) }
  }

  #apply(keyed: KeyedBatch, touched: Touched): void {
    const { batch, keys, oldKeys } = keyed
    const { store } = this
    this.#reserve(store.table.slotCount + batch.count * (oldKeys === null ? 1 : 2))
    const match = store.matchLanes(keys.lanes)
    const oldMatch = oldKeys === null ? match : store.matchLanes(oldKeys.lanes)
    const targets = new Int32Array(batch.count).fill(-1)
    const origins = new Int32Array(batch.count).fill(-1)
    let written = 0
    for (let row = 0; row < batch.count; row += 1) {
      const operation = batch.operations[row] as number
      if (operation === OPERATION.TRUNCATE) {
        this.#write(keyed, { from: written, to: row, targets, origins }, touched)
        written = row + 1
        this.#truncate(touched)
        continue
      }
      const slot = this.#slotOf(keys, { row, match }, touched)
      const hasMoved = oldKeys !== null && oldKeys.changed[row] === 1
      const origin = hasMoved ? this.#slotOf(oldKeys, { row, match: oldMatch }, touched) : slot
      if (store.weights[origin] === 1) origins[row] = origin
      if (hasMoved) store.weights[origin] = 0
      store.weights[slot] = operation === OPERATION.DELETE ? 0 : 1
      if (operation !== OPERATION.DELETE) targets[row] = slot
    }
    this.#write(keyed, { from: written, to: batch.count, targets, origins }, touched)
  }

  #reserve(slots: number): void {
    this.store.reserve(slots)
    if (this.store.table.capacity <= this.#touchedIn.length) return
    const touchedIn = new Float64Array(this.store.table.capacity)
    touchedIn.set(this.#touchedIn)
    this.#touchedIn = touchedIn
  }

  /** The slot of a key, made if it is unknown; its row before the step is remembered. */
  #slotOf({ lanes, hashes }: LookedUp, { row, match }: { row: number; match: RowMatch }, touched: Touched): number {
    const { store } = this
    const hash = hashes[row] as number
    let slot = store.index.find(hash, match, row)
    if (slot < 0) {
      slot = store.table.allocate()
      for (const column of store.identity) store.table.putColumn(column, slot, lanes, row)
      store.index.add(hash, slot)
    }
    this.#touch(slot, touched)
    return slot
  }

  #touch(slot: number, touched: Touched): void {
    if (this.#touchedIn[slot] === this.#stepNumber) return
    this.#touchedIn[slot] = this.#stepNumber
    touched.slots.push(slot)
    if (this.store.weights[slot] === 1) touched.fresh.push(slot)
    this.store.markDirty(slot)
  }

  #truncate(touched: Touched): void {
    const { store } = this
    for (let slot = 0; slot < store.table.slotCount; slot += 1) if (store.weights[slot] === 1) this.#touch(slot, touched)
    this.#copyFresh(touched)
    store.weights.fill(0, 0, store.table.slotCount)
  }

  #copyFresh(touched: Touched): void {
    const slots = touched.fresh.values()
    if (slots.length === 0) return
    const weights = new Float64Array(slots.length).fill(-1)
    touched.before.push({ batch: { count: slots.length, lanes: this.store.table.gather(slots, slots.length), weights }, slots })
    touched.fresh = new IntList()
  }

  #write({ after }: KeyedBatch, write: ColumnWrite, touched: Touched): void {
    this.#copyFresh(touched)
    const { store } = this
    for (const [at, vector] of after.entries()) {
      if (!store.identity.includes(at)) writeColumn(store.table, at, { vector, layout: store.layouts[at] as Lane['layout'] }, write)
    }
  }

  #finish(touched: Touched): FoldChange {
    const { store } = this
    const slots = touched.slots.values()
    const alive = slots.filter((slot) => store.weights[slot] === 1)
    const weights = new Float64Array(alive.length).fill(1)
    const now: FoldChange = { batch: { count: alive.length, lanes: store.table.gather(alive, alive.length), weights }, slots: alive }
    const change = concatChanges([...touched.before, now], store.layouts)
    for (const slot of slots) if (store.weights[slot] === 0) store.forget(slot)
    return change
  }
}

export interface KeyComparison {
  readonly before: readonly (Vector | null)[]
  readonly after: readonly (Vector | null)[]
  readonly key: readonly number[]
  readonly count: number
}

/** 1 for each row whose key before is told and differs; null where there is none. */
export function changedKeys({ before, after, key, count }: KeyComparison): Uint8Array | null {
  let changed: Uint8Array | null = null
  for (const column of key) {
    const [old, now] = [before[column], after[column]]
    if (old === null || old === undefined || now === null || now === undefined) continue
    for (let row = 0; row < count; row += 1) {
      if (old.cells !== null && old.cells[row] !== CELL.VALUE) continue
      if (now.cells !== null && now.cells[row] !== CELL.VALUE) continue
      if (sameCell(old, now, row)) continue
      changed ??= new Uint8Array(count)
      changed[row] = 1
    }
  }
  return changed
}

function sameCell(left: Vector, right: Vector, row: number): boolean {
  const [a, b] = [left.values[row], right.values[row]]
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
  if (typeof a === typeof b) return Object.is(a, b)
  // One of the two vectors is wide, so that equal numbers differ in kind.
  return BigInt(a as number | bigint) === BigInt(b as number | bigint)
}
