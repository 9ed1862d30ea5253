/** Some changes of a stored batch that whoever holds it decodes, once for all its parts. */
import { type Batch, sliceBatch, type StoredBatch } from '@millrace/core'

export interface BatchPlace {
  readonly from: number
  readonly to: number
  readonly whole: () => Batch
}

export class DecodedBatch implements StoredBatch {
  readonly stream: string
  readonly partition: number
  readonly first: number
  readonly count: number
  readonly cut: number
  readonly asOf: number | null
  readonly committedMs: number
  readonly storedBytes: number
  readonly #place: BatchPlace

  constructor(stored: StoredBatch, place: BatchPlace) {
    const { from, to } = place
    this.stream = stored.stream
    this.partition = stored.partition
    this.first = stored.first + from
    this.count = to - from
    this.cut = stored.cut
    this.asOf = stored.asOf
    this.committedMs = stored.committedMs
    this.storedBytes = this.count === stored.count ? stored.storedBytes : Math.round((stored.storedBytes * this.count) / stored.count)
    this.#place = place
  }

  batch(): Batch {
    const { from, to, whole } = this.#place
    const all = whole()
    return this.count === all.count ? all : sliceBatch(all, from, to)
  }
}
