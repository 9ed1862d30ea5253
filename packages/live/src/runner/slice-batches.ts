/** A step's batches in slices of so many changes, in their order. A large batch is divided. */
import type { Batch, StoredBatch } from '@millrace/core'
import { DecodedBatch } from './decoded-batch.ts'

const MS_WANTED = 30
const CHANGES_FIRST = 4096
const CHANGES_LEAST = 512
const CHANGES_MOST = 65_536
const PATIENCE = 16

/**
 * How many changes a slice takes: few enough that others are not kept waiting, and that what becomes of them is
 * bounded. Where half as many take as long (each slice goes through all that is there), more are taken.
 */
export class SliceSize {
  #changes: number
  readonly #least: number
  /** What a change took in the slice before it was halved; null where it was not. */
  #msBefore: number | null = null
  /** So many slices are not halved, because it was of no use. */
  #patience = 0

  /** What is small enough to be taken at once is larger than a slice. */
  constructor(atOnce: number) {
    this.#changes = Math.max(1, Math.min(CHANGES_FIRST, Math.floor(atOnce / 4)))
    this.#least = Math.min(this.#changes, CHANGES_LEAST)
  }

  get changes(): number {
    return this.#changes
  }

  learn(changes: number, tookMs: number): void {
    const msPerChange = tookMs / Math.max(1, changes)
    const isOfNoUse = this.#msBefore !== null && msPerChange > this.#msBefore * 1.7
    this.#msBefore = null
    this.#patience -= 1
    if (isOfNoUse) {
      this.#patience = PATIENCE
      this.#changes = Math.min(CHANGES_MOST, this.#changes * 4)
    } else if (tookMs < MS_WANTED / 2) this.#changes = Math.min(CHANGES_MOST, this.#changes * 2)
    else if (tookMs > MS_WANTED * 1.5 && this.#patience <= 0 && this.#changes > this.#least) {
      this.#msBefore = msPerChange
      this.#changes = this.#changes / 2
    }
  }
}

export interface Slice {
  readonly batches: readonly StoredBatch[]
  readonly isLast: boolean
}

/** `isWhole`: the batches of such a stream are taken in one slice, the first. */
export function* slicesOf(batches: readonly StoredBatch[], size: SliceSize, isWhole: (stream: string) => boolean): Generator<Slice> {
  const rest = batches.filter(({ stream }) => !isWhole(stream))
  let slice = batches.filter(({ stream }) => isWhole(stream))
  let room = size.changes
  for (const stored of rest) {
    let decoded: Batch | null = null
    const whole = (): Batch => (decoded ??= stored.batch())
    for (let from = 0; from < stored.count;) {
      if (room <= 0) {
        yield { batches: slice, isLast: false }
        slice = []
        room = size.changes
      }
      const to = Math.min(stored.count, from + room)
      slice.push(to - from === stored.count ? stored : new DecodedBatch(stored, { from, to, whole }))
      room -= to - from
      from = to
    }
  }
  yield { batches: slice, isLast: true }
}
