/**
 * The stream as a delivery sees it: what is next, what has been read but is still open, what is settled.
 *
 * Law: a position below a partition's `next` is open, or listed in the table, or done; never none of
 * these. What is open at a commit is saved with it, so that a restart reads again exactly that (law 1).
 * The window is bounded by events, bytes and span (law 8).
 */
import { MillraceError } from '@millrace/base'
import type { LogReader, StoredBatch } from '@millrace/core'
import { eventIdOf } from './event-id.ts'
import type { DeliverLimits } from './limits.ts'
import { OpenBatch } from './open-batch.ts'
import { decodePositions, encodePositions } from './open-positions.ts'
import type { OutEvent } from './out-event.ts'
import type { PartitionBacklog, SavedPosition } from './saved-state.ts'
import type { EventHead, ListedEvent, PositionRow } from './records.ts'
import { isBarrier, rowKeyOf } from './row-key.ts'

const READ_BYTES = 1024 * 1024
/** Decoded batches kept for events that are read again. */
const RECALLED_BATCHES_LIMIT = 4

interface Partition {
  readonly number: number
  /** The next position to be read. */
  next: number
  /** Read, and neither done nor listed; in order of position. */
  readonly open: Map<number, OutEvent>
  /** Positions below `savedNext` that were open when the last run ended; what is not among them is skipped. */
  again: Set<number> | null
  savedNext: number
  /** Events listed as waiting or retrying. */
  listed: number
  /** The position of the event that holds back the partition; null where none does. */
  barrier: number | null
  stored: StoredBatch[]
  current: OpenBatch | null
  /** The cut up to which nothing more was found. */
  emptyAtCut: number
  changed: boolean
}

export interface BacklogOptions {
  readonly reader: LogReader
  readonly stream: string
  readonly storeId: string
  readonly limits: DeliverLimits
  readonly saved: readonly SavedPosition[]
  readonly listed: readonly PartitionBacklog[]
}

export class Backlog {
  readonly #options: BacklogOptions
  readonly #partitions: readonly Partition[]
  readonly #recalled: OpenBatch[] = []
  #turn = 0
  #openCount = 0
  #openBytes = 0
  #newestCut: number
  #skipped = 0

  constructor(options: BacklogOptions) {
    this.#options = options
    this.#newestCut = options.reader.cut()
    const { partitions } = options.reader.stream(options.stream)
    this.#partitions = Array.from({ length: partitions }, (_, number) => partitionFrom(number, options))
  }

  get openCount(): number {
    return this.#openCount
  }

  get listedCount(): number {
    return this.#partitions.reduce((sum, { listed }) => sum + listed, 0)
  }

  /** Changes that retention dropped before they could be delivered. */
  get skippedCount(): number {
    return this.#skipped
  }

  /** Changes in the log that were not read yet. */
  unreadCount(): number {
    const extents = this.#options.reader.extents(this.#options.stream)
    return extents.reduce((sum, extent) => sum + Math.max(0, extent.next - (this.#partitions[extent.partition]?.next ?? extent.next)), 0)
  }

  newCut(cut: number): void {
    this.#newestCut = Math.max(this.#newestCut, cut)
  }

  /** The next event that may go out, or null where the window is full or nothing may be read now. */
  next(): OutEvent | null {
    const { windowEventsLimit } = this.#options.limits
    for (let tried = 0; tried < this.#partitions.length && this.#openCount < windowEventsLimit; tried += 1) {
      this.#turn = (this.#turn + 1) % this.#partitions.length
      const event = this.#nextOf(this.#partitions[this.#turn] as Partition)
      if (event !== null) return event
    }
    return null
  }

  /** An open event that holds its partition's saved position far behind what was read; null where none does. */
  straggler(): OutEvent | null {
    for (const { next, open } of this.#partitions) {
      const [oldest] = open
      if (oldest === undefined || oldest[1].recording) continue
      if (next - oldest[0] > this.#options.limits.windowSpanLimit) return oldest[1]
    }
    return null
  }

  /** A listed event as one on its way; its body comes from the log again. Raises DELIVERY_EVENT_GONE. */
  recall(listed: ListedEvent): OutEvent {
    return { ...listed, content: null, listed: true, recording: false }
  }

  /** Finds the event's change in the log where it is not in memory. */
  content(event: OutEvent): { readonly batch: OpenBatch; readonly row: number } {
    return (event.content ??= this.#readAgain(event))
  }

  /** Lets go of the change; it can be read again. */
  release(event: OutEvent): void {
    event.content?.batch.letGo()
    event.content = null
  }

  /** The event is about to be recorded as done or listed by the commit that is being made. */
  settle({ partition: number, position }: EventHead): void {
    const partition = this.#partitions[number]
    if (partition?.open.delete(position) !== true) return
    partition.changed = true
    this.#openCount -= 1
  }

  /** An event was given a row of its own, or lost it. */
  list({ partition }: EventHead, difference: 1 | -1): void {
    const found = this.#partitions[partition]
    if (found !== undefined) found.listed += difference
  }

  /** The event holds back nobody any more. */
  pass({ partition, position }: EventHead): void {
    const found = this.#partitions[partition]
    if (found?.barrier === position) found.barrier = null
  }

  /** What to save of each partition that has changed since it was last asked. */
  takePositions(): PositionRow[] {
    return this.#partitions.flatMap((partition) => {
      if (!partition.changed) return []
      partition.changed = false
      return [positionOf(partition)]
    })
  }

  #nextOf(partition: Partition): OutEvent | null {
    if (partition.barrier !== null) return null
    const current = this.#batchFor(partition)
    if (current === null) return null
    const row = partition.next - current.stored.first
    const barrier = isBarrier(current.batch, row)
    if (barrier && (partition.open.size > 0 || partition.listed > 0)) return null
    const event = this.#eventAt(partition, { batch: current, row, barrier })
    if (barrier) partition.barrier = event.position
    partition.open.set(event.position, event)
    partition.next += 1
    partition.changed = true
    this.#openCount += 1
    return event
  }

  #eventAt(partition: Partition, at: { batch: OpenBatch; row: number; barrier: boolean }): OutEvent {
    const { storeId, stream, limits } = this.#options
    const position = partition.next
    at.batch.hold()
    return {
      partition: partition.number,
      position,
      eventId: eventIdOf({ storeId, stream, partition: partition.number, position }),
      key: rowKeyOf(at.batch.batch, at.row),
      operation: at.batch.batch.operations[at.row] as number,
      committedUs: at.batch.batch.times[at.row] as number,
      barrier: at.barrier,
      content: { batch: at.batch, row: at.row },
      attempts: 0,
      attemptsLimit: limits.attemptsLimit,
      listed: false,
      recording: false,
    }
  }

  /** The decoded batch that holds the partition's next position; null where there is none (yet). */
  #batchFor(partition: Partition): OpenBatch | null {
    for (;;) {
      this.#skipSettled(partition)
      const { current } = partition
      if (current !== null) {
        if (partition.next < current.stored.first + current.stored.count) return current
        partition.current = null
        current.letGo()
      }
      const stored = this.#nextStored(partition)
      if (stored === null) return null
      if (stored.first + stored.count <= partition.next) continue
      if (stored.first > partition.next) {
        this.#skipped += stored.first - partition.next
        partition.next = stored.first
      }
      this.#openBytes += stored.storedBytes
      partition.current = new OpenBatch(stored, (bytes) => (this.#openBytes -= bytes))
    }
  }

  #nextStored(partition: Partition): StoredBatch | null {
    const { reader, stream, limits } = this.#options
    if (partition.stored.length === 0) {
      if (partition.emptyAtCut >= this.#newestCut) return null
      const cut = reader.cut()
      const range = { partition: partition.number, fromPosition: partition.next, untilCut: cut, bytesLimit: READ_BYTES }
      partition.stored = [...reader.read(stream, range)]
      if (partition.stored.length === 0) partition.emptyAtCut = cut
    }
    if (this.#openBytes >= limits.windowBytesLimit) return null
    return partition.stored.shift() ?? null
  }

  #skipSettled(partition: Partition): void {
    if (partition.again === null) return
    while (partition.next < partition.savedNext && !partition.again.has(partition.next)) partition.next += 1
    if (partition.next >= partition.savedNext) partition.again = null
  }

  /** Events of one key often lie in one batch, so the newest batches stay decoded for a while. */
  #readAgain({ partition, position }: OutEvent): { readonly batch: OpenBatch; readonly row: number } {
    const batch = this.#recalled.find((held) => covers(held.stored, partition, position)) ?? this.#recallBatch(partition, position)
    batch.hold()
    return { batch, row: position - batch.stored.first }
  }

  #recallBatch(partition: number, position: number): OpenBatch {
    const { reader, stream } = this.#options
    const [stored] = reader.read(stream, { partition, fromPosition: position, bytesLimit: 1 })
    if (stored === undefined || !covers(stored, partition, position)) {
      throw new MillraceError('DELIVERY_EVENT_GONE', { details: { stream, partition, position } })
    }
    const batch = new OpenBatch(stored, () => undefined)
    if (this.#recalled.push(batch) > RECALLED_BATCHES_LIMIT) this.#recalled.shift()?.letGo()
    return batch
  }
}

function covers(stored: StoredBatch, partition: number, position: number): boolean {
  return stored.partition === partition && position >= stored.first && position < stored.first + stored.count
}

function partitionFrom(number: number, { saved, listed }: BacklogOptions): Partition {
  const position = saved.find(({ partition }) => partition === number)
  const rows = listed.find(({ partition }) => partition === number)
  const savedNext = position?.next ?? 0
  const again = new Set(decodePositions(position?.open ?? '', 0))
  return {
    number,
    next: Math.min(savedNext, ...firstOf(again)),
    open: new Map(),
    again,
    savedNext,
    listed: rows?.listed ?? 0,
    barrier: rows?.barrier ?? null,
    stored: [],
    current: null,
    emptyAtCut: -1,
    changed: false,
  }
}

/** Positions that a restart has not reached yet are still open, though not in memory. */
function positionOf({ number, next, open, again, savedNext }: Partition): PositionRow {
  const ahead = again === null ? [] : [...again].filter((position) => position >= next)
  return {
    partition: number,
    next: again === null ? next : Math.max(next, savedNext),
    open: encodePositions([...open.keys(), ...ahead], 0),
  }
}

function firstOf(positions: Iterable<number>): number[] {
  for (const position of positions) return [position]
  return []
}
