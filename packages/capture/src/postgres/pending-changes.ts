/**
 * Changes that are decoded but not yet handed to the log, per stream and partition. It also holds the
 * origin of the change at hand, so that the hot path passes no objects around.
 */
import { type Append, BatchBuilder, type Schema } from '@millrace/core'

const CAPACITY_MIN = 64
const CAPACITY_MAX = 16_384

export class PendingChanges {
  /** The origin of the next change (law 5). */
  transaction = 0
  index = 0
  timeMicros = 0
  /** What the pending changes took on the wire: the measure of every limit here. */
  bytes = 0
  count = 0
  #slots: PendingSlot[] = []

  /** One partition of one stream. Made again when a stream's schema changes, when nothing is pending. */
  slot(stream: string, partition: number, schema: Schema): PendingSlot {
    const slot = new PendingSlot(stream, partition, schema)
    this.#slots.push(slot)
    return slot
  }

  forget(slots: readonly PendingSlot[]): void {
    this.#slots = this.#slots.filter((slot) => !slots.includes(slot))
  }

  /** All that is pending, as the appends of one write set; nothing is pending afterwards. */
  take(): Append[] {
    this.bytes = 0
    this.count = 0
    return this.#slots.flatMap((slot) => slot.take())
  }
}

export class PendingSlot {
  readonly #stream: string
  readonly #partition: number
  readonly #schema: Schema
  #builder: BatchBuilder | null = null
  /** The next batch is likely as long as the last one. */
  #capacity = CAPACITY_MIN

  constructor(stream: string, partition: number, schema: Schema) {
    this.#stream = stream
    this.#partition = partition
    this.#schema = schema
  }

  get builder(): BatchBuilder {
    return (this.#builder ??= new BatchBuilder(this.#schema, this.#capacity))
  }

  take(): Append[] {
    if (this.#builder === null) return []
    const batch = this.#builder.finish()
    this.#builder = null
    this.#capacity = Math.min(CAPACITY_MAX, Math.max(CAPACITY_MIN, 2 ** Math.ceil(Math.log2(batch.count))))
    return [{ stream: this.#stream, partition: this.#partition, batch }]
  }
}
