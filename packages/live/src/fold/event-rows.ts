/**
 * Rows that were put down one behind the other, each in a slot of its own, and that nobody looks up: what a
 * stream of events folds to. They lie in memory in the form in which they are saved, encoded many at a time;
 * the newest wait, as they came, until they are saved. Text among them stays bytes.
 */
import { assert } from '@millrace/base'
import { decodeVectors, encodeVectors, type Layout, type Vector } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import type { Extent, ScratchFile } from '../spill/scratch-file.ts'
import { vectorOfLane } from '../zset/lane-vector.ts'
import { concatBatches, gatherBatch, type ZBatch } from '../zset/z-batch.ts'

export const EVENTS_LEAST = 4096
/** They are where so many of them are different: finding the others again would save too little memory. */
export const DIFFERENT_SHARE_LEAST = 0.95

/** About what a cell takes that is not encoded yet. */
const OPEN_CELL_BYTES = 24

/** Encoded: their slots, their weights, then their columns. */
export interface EventChunk {
  readonly first: number
  readonly count: number
  readonly bytes: Uint8Array
}

/** A chunk whose bytes may be in the scratch file. */
interface HeldChunk {
  readonly first: number
  readonly count: number
  bytes: Uint8Array | null
  extent: Extent | null
}

export class EventRows {
  readonly #layouts: readonly Layout[]
  readonly #chunks: HeldChunk[] = []
  #scratch: ScratchFile | null = null
  /** How many chunks have been taken to be saved. */
  #taken = 0
  #open: ZBatch[] = []
  #openCount = 0
  #openFirst: number
  /** The chunk that was read last: neighbours are asked for one after the other. */
  #read: { readonly chunk: HeldChunk; readonly batch: ZBatch } | null = null

  /** `first`: the slot of the first row. */
  constructor(layouts: readonly Layout[], first: number) {
    this.#layouts = layouts
    this.#openFirst = first
  }

  /** The slot of the next row. */
  get next(): number {
    return this.#openFirst + this.#openCount
  }

  get unsavedCount(): number {
    return this.#openCount + this.#chunks.slice(this.#taken).reduce((sum, { count }) => sum + count, 0)
  }

  /** About what it takes in memory. */
  get bytes(): number {
    const columns = this.#layouts.length * OPEN_CELL_BYTES
    return this.#openCount * columns + this.#chunks.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0)
  }

  /** What of it is in the scratch file. */
  get spilledBytes(): number {
    return this.#chunks.reduce((sum, { extent }) => sum + (extent?.bytes ?? 0), 0)
  }

  /** Moves to the scratch file what is saved. */
  relieve(scratch: ScratchFile): void {
    this.#scratch = scratch
    this.#read = null
    for (const chunk of this.#chunks.slice(0, this.#taken)) {
      if (chunk.bytes === null) continue
      chunk.extent = scratch.write(chunk.bytes)
      chunk.bytes = null
    }
  }

  /** Gives back its room in the scratch file. */
  close(): void {
    for (const { extent } of this.#chunks) if (extent !== null) this.#scratch?.free(extent)
    this.#chunks.length = 0
  }

  /** Rows that come, in the next slots. */
  add(batch: ZBatch): void {
    this.#open.push(batch)
    this.#openCount += batch.count
  }

  /** Puts back a chunk that was saved. */
  restore(chunk: EventChunk): void {
    assert(this.#openCount === 0 && chunk.first === this.next, 'saved events come back in their order, before any that are new')
    this.#chunks.push({ ...chunk, extent: null })
    this.#taken = this.#chunks.length
    this.#openFirst = chunk.first + chunk.count
  }

  /** All that was not taken before, to be saved. */
  takeUnsaved(): readonly EventChunk[] {
    this.#seal()
    const unsaved = this.#chunks.slice(this.#taken).map(({ first, count, bytes }) => {
      assert(bytes !== null, 'what is not saved is in memory')
      return { first, count, bytes }
    })
    this.#taken = this.#chunks.length
    return unsaved
  }

  /** The rows of the slots from `from` to `until`, or fewer, but some. */
  read(from: number, until: number): ZBatch {
    const isOpen = from >= this.#openFirst
    const all = isOpen ? concatBatches(this.#open, this.#layouts) : this.#chunkRows(this.#chunkAt(from))
    const first = isOpen ? this.#openFirst : this.#chunkAt(from).first
    const count = Math.min(until, first + all.count) - from
    assert(from >= first && count > 0, 'events are read where there are some')
    if (count === all.count) return all
    return gatherBatch(
      all,
      Int32Array.from({ length: count }, (_, at) => from - first + at),
      count,
    )
  }

  #seal(): void {
    if (this.#openCount === 0) return
    const batch = concatBatches(this.#open, this.#layouts)
    const first = this.#openFirst
    const slots = new Float64Array(batch.count)
    for (let at = 0; at < batch.count; at += 1) slots[at] = first + at
    this.#chunks.push({ first, count: batch.count, bytes: encodedRows(slots, batch), extent: null })
    this.#openFirst += this.#openCount
    this.#open = []
    this.#openCount = 0
  }

  #chunkAt(slot: number): HeldChunk {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#chunks[middle] as HeldChunk).first <= slot) low = middle
      else high = middle - 1
    }
    const chunk = this.#chunks[low]
    assert(chunk !== undefined, 'a slot lies in some chunk')
    return chunk
  }

  #chunkRows(chunk: HeldChunk): ZBatch {
    if (this.#read?.chunk !== chunk) this.#read = { chunk, batch: decodedChunk(this.#bytesOf(chunk)) }
    return this.#read.batch
  }

  #bytesOf({ bytes, extent }: HeldChunk): Uint8Array {
    if (bytes !== null) return bytes
    assert(extent !== null && this.#scratch !== null, 'a chunk is in memory or in the scratch file')
    return this.#scratch.read(extent)
  }
}

/** Rows with their slots, as they are saved. */
export function encodedRows(slots: Float64Array, { count, lanes, weights }: ZBatch): Uint8Array {
  const numbers = [slots, weights.subarray(0, count)].map((values): Vector => ({ layout: 'integer', values, cells: null }))
  return encodeVectors([...numbers, ...lanes.map((lane) => vectorOfLane(lane, count))], count)
}

function decodedChunk(bytes: Uint8Array): ZBatch {
  const { count, vectors } = decodeVectors(bytes)
  const [, weights, ...columns] = vectors.map(laneOf) as [Lane, Lane, ...Lane[]]
  return { count, lanes: columns, weights: weights.values as Float64Array }
}
