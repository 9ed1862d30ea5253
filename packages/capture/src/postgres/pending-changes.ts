/**
 * Changes that are decoded but not yet handed to the log, per stream and partition, and what was set
 * aside among them. It also holds the origin of the change at hand, so that the hot path passes no
 * objects around.
 *
 * A transaction that has not ended at the source does not know its place and time yet. Its changes stand
 * under 0 until `take` is told; what it parks is held here until then, because it may still be undone.
 */
import { type Append, BatchBuilder, type ControlStatement, type Schema } from '@millrace/core'
import { BatchMemory } from './batch-memory.ts'
import type { ParkedRecord } from '../parking/parked-record.ts'
import type { Parking } from '../parking/parking.ts'
import { CAPACITY_MIN, capacityAfter, type DividedAppend, inOrder } from '../pending-appends.ts'
import { positionToText } from './position.ts'

/** What a record that is held counts for beside what came: so that few of them fill a part. */
const HELD_RECORD_BYTES = 4096

export interface Origin {
  readonly transaction: number
  readonly timeMicros: number
}

export interface PendingOptions {
  readonly inProgress?: boolean
  /** What is parked stands so much further on in the log than its position at the server, as the changes around it will. */
  readonly offset?: number
  /** Memory of changes that were taken is kept for later ones up to this much, as `bytes` counts it; 0 where it is not. */
  readonly reusedBytesMax?: number
}

/** What was pending. Whoever is done with it says so, and holds none of it afterwards: its memory serves again. */
export interface Taken {
  readonly appends: Append[]
  readonly done: () => void
}

/** A record of a transaction in progress, or the stream whose parked records a truncate has made past. */
type Held = ParkedRecord | { readonly superseded: string }

export class PendingChanges {
  /** The origin of the next change (law 5). */
  transaction = 0
  index = 0
  timeMicros = 0
  /** What the pending changes took on the wire: the measure of every limit here. */
  bytes = 0
  count = 0
  readonly inProgress: boolean
  readonly #parking: Parking | null
  readonly #offset: number
  readonly #memory: BatchMemory
  #slots: PendingSlot[] = []
  #statements: ControlStatement[] = []
  #held: Held[] = []
  #heldKeys = new Set<string>()
  /** What comes after the divisions so far. */
  #division = 0

  constructor(parking: Parking | null = null, { inProgress = false, offset = 0, reusedBytesMax = 0 }: PendingOptions = {}) {
    this.#parking = parking
    this.#offset = offset
    this.#memory = new BatchMemory(reusedBytesMax)
    this.inProgress = inProgress
  }

  /** For the changes of one transaction that is in progress. */
  ofTransaction(): PendingChanges {
    return new PendingChanges(this.#parking, { inProgress: true, offset: this.#offset })
  }

  /** One partition of one stream. Made again when a stream's schema changes, when nothing is pending. */
  slot(stream: string, partition: number, schema: Schema): PendingSlot {
    const slot = new PendingSlot({ stream, partition, schema, memory: this.#memory })
    this.#slots.push(slot)
    return slot
  }

  forget(slots: readonly PendingSlot[]): void {
    this.#slots = this.#slots.filter((slot) => !slots.includes(slot))
    this.#memory.forget(slots)
  }

  /** What comes from here on is read after all that these slots hold, in whichever of them it is. */
  divide(slots: readonly PendingSlot[]): void {
    if (slots.length === 1) return
    for (const slot of slots) slot.divide(this.#division)
    this.#division += 1
  }

  /** Whether a bad value can be set aside at all. */
  get mayPark(): boolean {
    return this.#parking !== null
  }

  /** Records that are held until their transaction ends. */
  get heldCount(): number {
    return this.#held.length
  }

  isClear(stream: string): boolean {
    return this.#parking === null || (this.#heldKeys.size === 0 && this.#parking.isClear(stream))
  }

  holds(stream: string, key: string): boolean {
    return this.#heldKeys.has(`${stream}/${key}`) || this.#parking?.holds(stream, key) === true
  }

  /** Sets the change at hand aside, in the place of a change. */
  park(record: Omit<ParkedRecord, 'transaction' | 'time' | 'place'>): void {
    const { transaction, timeMicros: time } = this
    const placed: ParkedRecord = { ...record, transaction, time, place: placeOf(transaction) }
    this.count += 1
    if (!this.inProgress) return this.#tell(placed)
    this.#held.push(placed)
    this.bytes += HELD_RECORD_BYTES
    if (record.key !== null) this.#heldKeys.add(`${record.stream}/${record.key}`)
  }

  /** All rows of the stream went: what is parked of it is past. */
  supersede(stream: string): void {
    if (this.#parking === null) return
    this.bytes += HELD_RECORD_BYTES
    if (this.inProgress) this.#held.push({ superseded: stream })
    else this.#statements.push(...this.#parking.supersede(stream))
  }

  /** All that is pending, as the appends of one write set; nothing is pending afterwards. */
  take(): Taken {
    const { bytes } = this
    this.bytes = 0
    this.count = 0
    const builders = new Map<PendingSlot, BatchBuilder>()
    const divided = this.#slots.flatMap((slot) => slot.take(this.#division, builders))
    const appends = inOrder(divided)
    return { appends, done: this.#memory.kept(builders, bytes) }
  }

  /** Forgets what is pending. */
  drop(): void {
    this.bytes = 0
    this.count = 0
    this.#statements = []
    for (const slot of this.#slots) slot.drop()
  }

  /** For the set that makes the changes visible among which something was parked. */
  takeStatements(): ControlStatement[] {
    const statements = this.#statements
    this.#statements = []
    return statements
  }

  /** The end of a transaction that was in progress: its place and time are known. */
  takeAt(origin: Origin): Taken {
    for (const held of this.#held) {
      if ('superseded' in held) this.#statements.push(...(this.#parking?.supersede(held.superseded) ?? []))
      else this.#tell({ ...held, transaction: origin.transaction, time: origin.timeMicros, place: placeOf(origin.transaction) })
    }
    this.#held = []
    const taken = this.take()
    for (const { batch } of taken.appends) {
      batch.transactions.fill(origin.transaction)
      batch.times.fill(origin.timeMicros)
    }
    return taken
  }

  #tell(record: ParkedRecord): void {
    this.#statements.push(...(this.#parking?.park({ ...record, transaction: record.transaction + this.#offset }) ?? []))
  }
}

function placeOf(transaction: number): string {
  return `position ${positionToText(transaction)}`
}

export interface PendingSlotOptions {
  readonly stream: string
  readonly partition: number
  readonly schema: Schema
  readonly memory: BatchMemory
}

export class PendingSlot {
  readonly #options: PendingSlotOptions
  #builder: BatchBuilder | null = null
  /** What came before divisions. */
  #parts: DividedAppend[] = []
  #capacity = CAPACITY_MIN

  constructor(options: PendingSlotOptions) {
    this.#options = options
  }

  get partition(): number {
    return this.#options.partition
  }

  get builder(): BatchBuilder {
    return (this.#builder ??= this.#options.memory.takeFor(this) ?? new BatchBuilder(this.#options.schema, this.#capacity))
  }

  /** What is pending, each part with the division that follows it, the last one with `last`; its builder goes to `builders`. */
  take(last: number, builders: Map<PendingSlot, BatchBuilder>): DividedAppend[] {
    const parts = this.#parts
    this.#parts = []
    const builder = this.#builder
    this.#builder = null
    if (builder !== null) {
      builders.set(this, builder)
      const part = this.#partOf(builder, last)
      this.#capacity = capacityAfter(part.append.batch.count)
      parts.push(part)
    }
    return parts.filter(({ append }) => append.batch.count > 0)
  }

  divide(division: number): void {
    if (this.#builder !== null) this.#parts.push(this.#partOf(this.#builder, division))
    this.#builder = null
  }

  drop(): void {
    this.#parts = []
    this.#builder?.reuse()
  }

  #partOf(builder: BatchBuilder, division: number): DividedAppend {
    const { stream, partition } = this.#options
    return { division, append: { stream, partition, batch: builder.finish() } }
  }
}
