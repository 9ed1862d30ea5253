/**
 * Some of the rows of a stream's fold, those of certain keys. It is saved under a name of its own, moved to the scratch file and back with all that is not saved yet, and
 * divided into others, of which nothing is saved yet.
 */
import { assert } from '@millrace/base'
import { decodeVectors, encodeVectors, type Vector } from '@millrace/core'
import { laneOf } from '@millrace/sql'
import { partitionHashes } from '../spill/partition-hash.ts'
import type { ScratchFile } from '../spill/scratch-file.ts'
import type { DividedRows, StatePart } from '../spill/state-tree.ts'
import { vectorOfLane } from '../zset/lane-vector.ts'
import { hashRows } from '../zset/row-hash.ts'
import type { ZBatch } from '../zset/z-batch.ts'
import { BagFold, type BagJudgement } from './bag-fold.ts'
import type { FoldShape } from './fold-columns.ts'
import type { KeyedFold } from './keyed-fold.ts'
import { makeFold } from './make-fold.ts'
import { SavedRows, type SavedPlaces } from './saved-rows.ts'

/** Which turn of telling the rows one after the other, and the first slot that it has not reached; null: all are told. */
export interface Telling {
  readonly turn: number
  readonly cursor: number | null
}

interface EncodedPart {
  readonly telling: Telling
  readonly segments: SavedPlaces['segments']
  readonly bag: BagJudgement | null
}

export class FoldPart implements StatePart {
  readonly fold: KeyedFold | BagFold
  readonly saved: SavedRows
  telling: Telling = { turn: 0, cursor: null }

  constructor(shape: FoldShape, owner: string) {
    this.fold = makeFold(shape)
    this.saved = new SavedRows(owner)
  }

  get bytes(): number {
    return this.fold.store.bytes + this.saved.bytes
  }

  get spilledBytes(): number {
    return this.fold.store.events?.spilledBytes ?? 0
  }

  /** Events that are saved go by themselves; the part stays, for the next ones. */
  relieve(scratch: ScratchFile): boolean {
    this.fold.store.events?.relieve(scratch)
    return this.fold.store.events !== null
  }

  /** The slots with rows. */
  slots(): Int32Array {
    const { table, weights } = this.fold.store
    const slots = new Int32Array(table.rowCount)
    let next = 0
    for (let slot = 0; slot < table.slotCount; slot += 1) if (weights[slot] !== 0) slots[next++] = slot
    return slots.subarray(0, next)
  }

  /** The slots below were told in this turn. */
  toldSlots(turn: number): number {
    if (this.telling.turn !== turn) return 0
    return this.telling.cursor ?? Infinity
  }

  encode(): Uint8Array {
    const { store } = this.fold
    const count = store.table.slotCount
    const all = Int32Array.from({ length: count }, (_, slot) => slot)
    const dirty = Float64Array.from(all, (slot) => (store.isDirty(slot) ? 1 : 0))
    const { segmentOf, segments } = this.saved.places(count)
    const numbers = [store.weights, dirty, segmentOf].map((values): Vector => ({ layout: 'integer', values, cells: null }))
    const columns = store.table.gather(all, count).map((lane) => vectorOfLane(lane, count))
    const bag = this.fold instanceof BagFold ? this.fold.judgement : null
    const head = Buffer.from(JSON.stringify({ telling: this.telling, segments, bag } satisfies EncodedPart))
    const body = encodeVectors([...numbers, ...columns], count)
    const bytes = new Uint8Array(4 + head.length + body.length)
    new DataView(bytes.buffer).setUint32(0, head.length)
    bytes.set(head, 4)
    bytes.set(body, 4 + head.length)
    return bytes
  }

  static decode(bytes: Uint8Array, shape: FoldShape, owner: string): FoldPart {
    const end = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
    const { telling, segments, bag } = JSON.parse(Buffer.from(bytes.subarray(4, end)).toString()) as EncodedPart
    const { count, vectors } = decodeVectors(bytes.slice(end))
    const [weights, dirty, segmentOf, ...columns] = vectors
    const part = new FoldPart(shape, owner)
    part.telling = telling
    if (part.fold instanceof BagFold && bag !== null) part.fold.takeJudgement(bag)
    const { store } = part.fold
    const slots = Float64Array.from({ length: count }, (_, slot) => slot)
    store.restore(slots, numbersOf(weights), columns.map(laneOf))
    store.finishRestore()
    for (const [slot, flag] of numbersOf(dirty).entries()) if (flag === 1) store.markDirty(slot)
    part.saved.takePlaces({ segmentOf: numbersOf(segmentOf), segments })
    return part
  }

  /** Its rows, to be divided among parts of the names that `ownerOf` gives. */
  divided(ownerOf: (label: number) => string): DividedRows<FoldPart> {
    const { store } = this.fold
    const slots = this.slots()
    const told = this.telling.cursor
    return {
      hashes: identityHashes(this, slots),
      choose: (rows, label) => {
        const part = new FoldPart(store.shape, ownerOf(label))
        const chosen = rows.map((row) => slots[row] as number)
        // The slots are in their order: those that were told come first.
        const cursor = told === null ? null : chosen.filter((slot) => slot < told).length
        part.telling = { turn: this.telling.turn, cursor }
        if (part.fold instanceof BagFold && this.fold instanceof BagFold) part.fold.takeJudgement(this.fold.judgement)
        part.#fill(store.rowsIn(chosen))
        return part
      },
    }
  }

  /** Takes the first rows of all, none of which is saved. */
  #fill({ lanes, weights, count }: ZBatch): void {
    const { store } = this.fold
    store.restore(
      Float64Array.from({ length: count }, (_, slot) => slot),
      weights,
      lanes,
    )
    store.finishRestore()
    for (let slot = 0; slot < count; slot += 1) store.markDirty(slot)
  }
}

/** By which rows find their parts: a row that changes must find the part that it is in. */
function identityHashes({ fold: { store } }: FoldPart, slots: Int32Array): Int32Array {
  const lanes = store.identity.map((column) => store.table.gatherColumn(column, slots, slots.length))
  const columns = lanes.map((_, at) => at)
  return partitionHashes(lanes, columns, hashRows(lanes, columns, slots.length))
}

function numbersOf(vector: Vector | undefined): Float64Array {
  assert(vector?.layout === 'integer', 'a part tells of each slot what it is')
  return vector.values
}
