/**
 * Changes that are decoded but not yet handed to the log, per stream and partition. It also holds the
 * origin of the change at hand, so that the hot path passes no objects around.
 */
import { type Append, type Batch, BatchBuilder, CELL, OPERATION, type Schema } from '@millrace/core'
import { CAPACITY_MIN, capacityAfter, type DividedAppend, inOrder } from '../pending-appends.ts'

export class PendingChanges {
  /** The origin of the next change (law 5). */
  transaction = 0
  index = 0
  timeMicros = 0
  /** What the pending changes took on the wire: the measure of every limit here. */
  bytes = 0
  count = 0
  readonly #slots = new Set<PendingSlot>()
  /** What comes after the divisions so far. */
  #division = 0

  slot(stream: string, partition: number, schema: Schema): PendingSlot {
    const slot = new PendingSlot({ stream, partition, schema, pending: this })
    this.#slots.add(slot)
    return slot
  }

  /** For slots of a shape that is gone; nothing of them may be pending. */
  forget(slots: readonly PendingSlot[]): void {
    for (const slot of slots) this.#slots.delete(slot)
  }

  /** All that is pending, as the appends of one write set, in an open tail where one is named. */
  take(tail?: string): Append[] {
    this.bytes = 0
    this.count = 0
    const divided = [...this.#slots].flatMap((slot) => slot.take(this.#division, tail))
    return inOrder(divided)
  }

  /** All rows of a table go, in every partition; what comes from here on is read after that, in whichever of them it is. */
  empty(slots: readonly PendingSlot[]): void {
    for (const slot of slots) for (const column of slot.start(OPERATION.TRUNCATE, false).after) column.pushCell(CELL.ABSENT)
    if (slots.length === 1) return
    for (const slot of slots) slot.divide(this.#division)
    this.#division += 1
  }
}

interface SlotOptions {
  readonly stream: string
  readonly partition: number
  readonly schema: Schema
  readonly pending: PendingChanges
}

export class PendingSlot {
  /** The open tail that its changes go to, whichever that of the others is; null where it has none of its own. */
  tail: string | null = null
  readonly #options: SlotOptions
  #builder: BatchBuilder | null = null
  /** What came before divisions. */
  #parts: { readonly division: number; readonly batch: Batch }[] = []
  #capacity = CAPACITY_MIN

  constructor(options: SlotOptions) {
    this.#options = options
  }

  get builder(): BatchBuilder {
    return (this.#builder ??= new BatchBuilder(this.#options.schema, this.#capacity))
  }

  /** Begins a change of this slot and gives it its place in the transaction. */
  start(operation: number, withBefore: boolean): BatchBuilder {
    const { pending } = this.#options
    const { builder } = this
    builder.start(operation, pending.transaction, pending.index, pending.timeMicros, withBefore)
    pending.index += 1
    pending.count += 1
    return builder
  }

  /** What is pending, each part with the division that follows it, the last one with `last`. */
  take(last: number, tail?: string): DividedAppend[] {
    this.divide(last)
    const { stream, partition } = this.#options
    const own = this.tail ?? tail
    const parts = this.#parts.map(({ division, batch }) => {
      return { division, append: { stream, partition, batch, ...(own === undefined ? {} : { tail: own }) } }
    })
    this.#parts = []
    return parts
  }

  divide(division: number): void {
    if (this.#builder === null) return
    const batch = this.#builder.finish()
    this.#parts.push({ division, batch })
    this.#builder = null
    this.#capacity = capacityAfter(batch.count)
  }
}
