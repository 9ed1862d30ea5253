/**
 * A fold's rows in the store. A segment holds slots with what they held when it was written: the weight
 * (0 for a row that is gone) and the columns. Read in the order of their sequence, later segments
 * replace earlier ones slot by slot.
 *
 * Segments are merged by size: eight of one size class become one. What they hold that was written again
 * since is left out, so that a restart reads about as many rows as are alive, not as many as ever were.
 */
import { assert, MillraceError } from '@millrace/base'
import { decodeVectors, type LogReader, type StateChange, type StateSegment } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import { DIFFERENT_SHARE_LEAST, type EventChunk, encodedRows } from './event-rows.ts'
import type { FoldStore } from './fold-store.ts'

const PART = 'rows'
/** Segments of one size class that are merged into one. */
const CLASS_LIMIT = 8
const SEGMENT_ROWS_LIMIT = 65_536
/** A larger one is not merged with others of its size: few are needed, and each row would be written twice. */
const MERGED_ROWS_LIMIT = 32_768
/** Rows that are written again at most by one saving, for a class of segments at least; the other ones are merged later. */
const REWRITTEN_ROWS_LIMIT = CLASS_LIMIT * MERGED_ROWS_LIMIT

/** How many rows may still be written again; one for all that is written at once. */
export interface RewritingRoom {
  rows: number
}

export function rewritingRoom(): RewritingRoom {
  return { rows: REWRITTEN_ROWS_LIMIT }
}

interface SegmentSize {
  readonly rows: number
  /** Slots whose newest version it holds. */
  current: number
}

export interface SavedPlaces {
  readonly segmentOf: Float64Array
  readonly segments: readonly (readonly [sequence: number, rows: number, current: number])[]
}

/** Under which name a stream's saved rows are kept. */
export function ownerOfRows(stream: string): string {
  return `live:${stream}`
}

export class SavedRows {
  readonly owner: string
  readonly #segments = new Map<number, SegmentSize>()
  /** The segment with each slot's newest version; -1 for none. */
  #segmentOf: Int32Array = new Int32Array(64).fill(-1)
  #nextSequence = 0

  constructor(owner: string) {
    this.owner = owner
  }

  get bytes(): number {
    return this.#segmentOf.byteLength
  }

  /** Of each slot below `count` the segment, for whoever moves the rows elsewhere meanwhile. */
  places(count: number): SavedPlaces {
    const segmentOf = new Float64Array(count).fill(-1)
    segmentOf.set(this.#segmentOf.subarray(0, count))
    return { segmentOf, segments: [...this.#segments].map(([sequence, { rows, current }]) => [sequence, rows, current]) }
  }

  takePlaces({ segmentOf, segments }: SavedPlaces): void {
    this.#segmentOf = Int32Array.from(segmentOf)
    for (const [sequence, rows, current] of segments) {
      this.#segments.set(sequence, { rows, current })
      this.#nextSequence = Math.max(this.#nextSequence, sequence + 1)
    }
  }

  /** Reads all rows back: as events, where they look like such. */
  load(reader: LogReader, store: FoldStore): void {
    const { key } = store.shape
    const chunks: EventChunk[] = []
    let areEvents = key.length === 0
    let times = 0
    for (const { sequence, bytes, part } of reader.segments(this.owner)) {
      if (part !== PART) continue
      const { slots, weights, lanes, count } = decoded(bytes, store)
      this.#note(sequence, slots, count)
      times += weights.reduce((sum, weight) => sum + weight, 0)
      areEvents &&= isRun(slots) && weights.every((weight) => weight > 0)
      if (areEvents) chunks.push({ first: slots[0] as number, count, bytes })
      else {
        restoreAll(store, chunks.splice(0))
        store.restore(slots, weights, lanes)
      }
    }
    const inOrder = chunks.toSorted((one, other) => one.first - other.first)
    const rows = inOrder.at(-1) === undefined ? 0 : endOf(inOrder.at(-1))
    if (
      inOrder.every(({ first }, at) => first === endOf(inOrder[at - 1])) &&
      rows >= store.eventsLeast &&
      rows >= times * DIFFERENT_SHARE_LEAST
    ) {
      const events = store.beginEvents()
      for (const chunk of inOrder) events.restore(chunk)
      return
    }
    restoreAll(store, chunks)
    store.finishRestore()
  }

  /** What to write so that the saved rows are those of the fold now. */
  save(store: FoldStore, room: RewritingRoom = rewritingRoom()): StateChange {
    const slots = store.takeDirty()
    const chunks = store.events?.takeUnsaved() ?? []
    const merged = this.#mergeable(room)
    for (const sequence of merged) this.#segments.delete(sequence)
    const rewritten = merged.length === 0 ? [] : this.#slotsIn(new Set(merged), slots)
    const all = rewritten.length === 0 ? slots : Int32Array.from([...slots, ...rewritten])
    const put: StateSegment[] = []
    for (let from = 0; from < all.length; from += SEGMENT_ROWS_LIMIT) {
      const part = all.subarray(from, from + SEGMENT_ROWS_LIMIT)
      put.push(this.#segment(part, encoded(store, part)))
    }
    for (const { first, count, bytes } of chunks) {
      const own = new Int32Array(count)
      for (let at = 0; at < count; at += 1) own[at] = first + at
      put.push(this.#segment(own, bytes))
    }
    return { put, remove: merged.map((sequence) => ({ owner: this.owner, part: PART, sequence })) }
  }

  #segment(slots: Int32Array, bytes: Uint8Array): StateSegment {
    const sequence = this.#nextSequence
    this.#note(sequence, slots, slots.length)
    return { owner: this.owner, part: PART, sequence, bytes }
  }

  #note(sequence: number, slots: ArrayLike<number>, count: number): void {
    this.#nextSequence = Math.max(this.#nextSequence, sequence + 1)
    for (let at = 0; at < count; at += 1) {
      const slot = slots[at] as number
      if (slot >= this.#segmentOf.length) this.#segmentOf = grown(this.#segmentOf, slot + 1)
      const before = this.#segments.get(this.#segmentOf[slot] as number)
      if (before !== undefined) before.current -= 1
      this.#segmentOf[slot] = sequence
    }
    this.#segments.set(sequence, { rows: count, current: count })
  }

  /** Full classes, and segments of which less than half is still current; so many of them as there is room for. */
  #mergeable(room: RewritingRoom): readonly number[] {
    const classes = new Map<number, number[]>()
    const stale: number[] = []
    for (const [sequence, { rows, current }] of this.#segments) {
      if (current * 2 < rows) stale.push(sequence)
      if (rows >= MERGED_ROWS_LIMIT) continue
      const sizeClass = Math.floor(Math.log2(Math.max(1, rows)) / 2)
      const members = classes.get(sizeClass) ?? []
      members.push(sequence)
      classes.set(sizeClass, members)
    }
    const full = [...classes.values()].filter((members) => members.length >= CLASS_LIMIT)
    const chosen: number[] = []
    for (const sequence of new Set([...full.flat(), ...stale])) {
      const { current } = this.#segments.get(sequence) as SegmentSize
      if (current > room.rows) continue
      room.rows -= current
      chosen.push(sequence)
    }
    return chosen
  }

  #slotsIn(sequences: ReadonlySet<number>, except: Int32Array): readonly number[] {
    const written = new Set(except)
    const slots: number[] = []
    for (let slot = 0; slot < this.#segmentOf.length; slot += 1) {
      if (sequences.has(this.#segmentOf[slot] as number) && !written.has(slot)) slots.push(slot)
    }
    return slots
  }
}

function encoded(store: FoldStore, slots: Int32Array): Uint8Array {
  return encodedRows(Float64Array.from(slots), store.rowsIn(slots))
}

function restoreAll(store: FoldStore, chunks: readonly EventChunk[]): void {
  for (const { bytes } of chunks) {
    const { slots, weights, lanes } = decoded(bytes, store)
    store.restore(slots, weights, lanes)
  }
}

/** Whether each slot follows the one before it. */
function isRun(slots: Float64Array): boolean {
  for (let at = 1; at < slots.length; at += 1) if (slots[at] !== (slots[at - 1] as number) + 1) return false
  return slots.length > 0
}

function endOf(chunk: EventChunk | undefined): number {
  return chunk === undefined ? 0 : chunk.first + chunk.count
}

interface DecodedRows {
  readonly count: number
  readonly slots: Float64Array
  readonly weights: Float64Array
  readonly lanes: readonly Lane[]
}

function decoded(bytes: Uint8Array, { shape: { stream }, layouts }: FoldStore): DecodedRows {
  try {
    const { count, vectors } = decodeVectors(bytes)
    const [slots, weights, ...columns] = vectors
    assert(slots?.layout === 'integer' && weights?.layout === 'integer', 'a segment has slots and weights')
    assert(columns.length === layouts.length, 'a segment has the columns of its fold')
    return { count, slots: slots.values, weights: weights.values, lanes: columns.map(laneOf) }
  } catch (error) {
    throw invalid(stream, 'a segment cannot be read', error)
  }
}

function invalid(stream: string, problem: string, cause?: unknown): MillraceError {
  return new MillraceError('LIVE_STATE_INVALID', { cause, details: { stream, problem } })
}

function grown(values: Int32Array, least: number): Int32Array {
  const larger = new Int32Array(Math.max(least, values.length * 2)).fill(-1)
  larger.set(values)
  return larger
}
