/**
 * A relation at rest, arranged by a key: the rows with their weights, found by the key (to be joined) and
 * by the whole row (to add to its weight). Rows of one key are chained, so that joining costs what it
 * yields. A row is looked for along its key's chain for as long as chains are short; once one is long,
 * an index of whole rows is made, so that a hot key is never walked.
 *
 * Between batches no weight is 0 or negative; within one, a retraction may come before its row.
 */
import { EvaluationFailure, type Lane } from '@millrace/sql'
import { hashRows } from './row-hash.ts'
import type { ArrangementShape } from './arrangement-shape.ts'
import type { RowMatch } from './row-match.ts'
import { RowTable } from './row-table.ts'
import { HashedSlots } from './hashed-slots.ts'
import { SlotIndex } from './slot-index.ts'
import type { ZBatch } from './z-batch.ts'

const NONE = -1
/** The longest walk along a chain before whole rows are indexed. */
const WALK_LIMIT = 16

/** What stands where among a slot's links. `NEXT` and `PREVIOUS` are slots of the same key, or -1. */
export const LINK = { STRIDE: 4, WEIGHT: 0, NEXT: 1, PREVIOUS: 2, HASH: 3 } as const

export class Arrangement {
  readonly table: RowTable
  /** Per slot, side by side so that a probe touches one cache line: `LINK`'s weight, next, previous, hash. */
  links: Int32Array = new Int32Array(64 * LINK.STRIDE)
  /** The first row of each key. */
  readonly #keys = new SlotIndex()
  #rows: HashedSlots | null = null
  #longestWalk = 0
  readonly #shape: ArrangementShape

  constructor(shape: ArrangementShape) {
    this.table = new RowTable(shape.layouts)
    this.#shape = shape
  }

  /** About what it takes in memory. */
  get bytes(): number {
    return this.table.bytes + this.links.byteLength + this.#keys.bytes + (this.#rows?.bytes ?? 0)
  }

  /** The first slot of the rows with a key, or -1. */
  first(hash: number, match: RowMatch, row: number): number {
    return this.#keys.find(hash, match, row)
  }

  /** How often the row in a slot is there; 0 for a slot without a row. */
  weightOf(slot: number): number {
    return this.links[slot * LINK.STRIDE + LINK.WEIGHT] as number
  }

  /** Adds the weights of a batch. */
  apply(batch: ZBatch, keyHashes: Int32Array): void {
    const { lanes, count, weights } = batch
    if (count === 0) return
    this.table.admit(lanes, count)
    this.#reserve(this.table.capacity)
    const rowMatch = this.#shape.rowMatcher(this.table, lanes)
    const keyMatch = this.#shape.keyMatcher(this.table, lanes)
    let rowHashes = this.#rows === null ? null : hashRows(lanes, this.#shape.identity, count)
    for (let row = 0; row < count; row += 1) {
      if (this.#longestWalk > WALK_LIMIT && this.#rows === null) {
        this.#indexRows()
        rowHashes = hashRows(lanes, this.#shape.identity, count)
      }
      const weight = weights[row] as number
      const keyHash = keyHashes[row] as number
      if (this.#rows === null || rowHashes === null) {
        const head = this.#keys.find(keyHash, keyMatch, row)
        const slot = this.#walk(head, rowMatch, row)
        if (slot >= 0) this.#add(slot, weight)
        else if (weight !== 0) this.#insert(lanes, row, { keyHash, weight, head })
        continue
      }
      const rowHash = rowHashes[row] as number
      const slot = this.#rows.find(rowHash, rowMatch, row)
      if (slot >= 0) this.#add(slot, weight)
      else if (weight !== 0) {
        const head = this.#keys.find(keyHash, keyMatch, row)
        this.#rows.add(rowHash, this.#insert(lanes, row, { keyHash, weight, head }))
      }
    }
  }

  /** Takes rows of which none is there yet, and none twice. */
  load({ lanes, count, weights }: ZBatch, keyHashes: Int32Array): void {
    this.table.admit(lanes, count)
    this.#reserve(this.table.capacity)
    const keyMatch = this.#shape.keyMatcher(this.table, lanes)
    for (let row = 0; row < count; row += 1) {
      const keyHash = keyHashes[row] as number
      this.#insert(lanes, row, { keyHash, weight: weights[row] as number, head: this.#keys.find(keyHash, keyMatch, row) })
    }
  }

  /** The slots of all its rows. */
  slots(): Int32Array {
    const slots = new Int32Array(this.table.rowCount)
    let next = 0
    for (let slot = 0; slot < this.table.slotCount; slot += 1) if (this.weightOf(slot) !== 0) slots[next++] = slot
    return slots.subarray(0, next)
  }

  /** The slots of about so many rows from a slot on, those of one key together, and the slot to go on from. */
  slotsByKey(from: number, rowsLimit: number): { readonly slots: Int32Array; readonly next: number } {
    const chosen: number[] = []
    let next = from
    for (; next < this.table.slotCount && chosen.length < rowsLimit; next += 1) {
      const isHead = this.weightOf(next) !== 0 && (this.links[next * LINK.STRIDE + LINK.PREVIOUS] as number) < 0
      for (let slot = isHead ? next : NONE; slot >= 0; slot = this.links[slot * LINK.STRIDE + LINK.NEXT] as number) chosen.push(slot)
    }
    return { slots: Int32Array.from(chosen), next }
  }

  /** The rows in the slots go. */
  remove(slots: Int32Array): void {
    for (const slot of slots) this.#add(slot, -this.weightOf(slot))
  }

  rowsAt(slots: Int32Array): ZBatch {
    const weights = Float64Array.from(slots, (slot) => this.weightOf(slot))
    return { count: slots.length, lanes: this.table.gather(slots, slots.length), weights }
  }

  #walk(head: number, rowMatch: RowMatch, row: number): number {
    const links = this.links
    let slot = head
    let steps = 0
    while (slot >= 0 && !rowMatch(slot, row)) {
      slot = links[slot * LINK.STRIDE + LINK.NEXT] as number
      steps += 1
    }
    if (steps > this.#longestWalk) this.#longestWalk = steps
    return slot
  }

  #insert(lanes: readonly Lane[], row: number, { keyHash, weight, head }: { keyHash: number; weight: number; head: number }): number {
    const slot = this.table.allocate()
    this.table.put(slot, lanes, row)
    const links = this.links
    const at = slot * LINK.STRIDE
    links[at + LINK.WEIGHT] = inRange(weight)
    links[at + LINK.HASH] = keyHash
    links[at + LINK.PREVIOUS] = head
    if (head < 0) {
      links[at + LINK.NEXT] = NONE
      this.#keys.add(keyHash, slot)
      return slot
    }
    const second = links[head * LINK.STRIDE + LINK.NEXT] as number
    links[at + LINK.NEXT] = second
    links[head * LINK.STRIDE + LINK.NEXT] = slot
    if (second >= 0) links[second * LINK.STRIDE + LINK.PREVIOUS] = slot
    return slot
  }

  #add(slot: number, weight: number): void {
    const links = this.links
    const at = slot * LINK.STRIDE
    const sum = inRange((links[at + LINK.WEIGHT] as number) + weight)
    links[at + LINK.WEIGHT] = sum
    if (sum !== 0) return
    const before = links[at + LINK.PREVIOUS] as number
    const after = links[at + LINK.NEXT] as number
    const keyHash = links[at + LINK.HASH] as number
    if (after >= 0) links[after * LINK.STRIDE + LINK.PREVIOUS] = before
    if (before >= 0) links[before * LINK.STRIDE + LINK.NEXT] = after
    else if (after >= 0) this.#keys.replace(keyHash, slot, after)
    else this.#keys.remove(keyHash, slot)
    this.#rows?.remove(slot)
    this.table.free(slot)
  }

  /** From now on whole rows are found by their own hash. */
  #indexRows(): void {
    const count = this.table.slotCount
    const slots = Int32Array.from({ length: count }, (_, slot) => slot)
    const hashes = hashRows(this.table.gather(slots, count), this.#shape.identity, count)
    this.#rows = new HashedSlots()
    for (let slot = 0; slot < count; slot += 1) if (this.weightOf(slot) !== 0) this.#rows.add(hashes[slot] as number, slot)
  }

  #reserve(capacity: number): void {
    if (capacity * LINK.STRIDE > this.links.length) this.links = grown(this.links, capacity * LINK.STRIDE)
  }
}

/** A row that is there more than two thousand million times is refused rather than miscounted. */
function inRange(weight: number): number {
  if (weight !== (weight | 0)) throw new EvaluationFailure('one row would be there more than 2147483647 times', -1)
  return weight
}

function grown(values: Int32Array, capacity: number): Int32Array {
  const larger = new Int32Array(capacity)
  larger.set(values)
  return larger
}
