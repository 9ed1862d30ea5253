/**
 * The memory of batches that were taken, for the next ones: a stream makes the same columns of the same tables over and
 * over, and fresh memory for each is most of what V8 then has to collect. What is kept is bounded by what came in
 * it, newest first, so that neither many tables nor one that was once large hold on to more.
 */
import type { BatchBuilder } from '@millrace/core'
import type { PendingSlot } from './pending-changes.ts'

const KEPT_MAX = 64

interface Kept {
  readonly builders: Map<PendingSlot, BatchBuilder>
  readonly bytes: number
  isDone: boolean
}

export class BatchMemory {
  readonly #bytesMax: number
  #kept: Kept[] = []

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Keeps what was taken together; it serves again once what is returned was called. */
  kept(builders: Map<PendingSlot, BatchBuilder>, bytes: number): () => void {
    if (builders.size === 0 || bytes > this.#bytesMax) return () => undefined
    const kept = { builders, bytes, isDone: false }
    this.#kept.push(kept)
    let total = this.#kept.reduce((sum, each) => sum + each.bytes, 0)
    for (; total > this.#bytesMax || this.#kept.length > KEPT_MAX; this.#kept.shift()) total -= this.#kept[0]?.bytes ?? 0
    return () => {
      kept.isDone = true
    }
  }

  /** Empty, and with room for about as much as the slot had before; null where there is none. */
  takeFor(slot: PendingSlot): BatchBuilder | null {
    for (const { builders, isDone } of this.#kept) {
      const builder = isDone ? builders.get(slot) : undefined
      if (builder === undefined) continue
      builders.delete(slot)
      if (builders.size === 0) this.#kept = this.#kept.filter((kept) => kept.builders !== builders)
      builder.reuse()
      return builder
    }
    return null
  }

  forget(slots: readonly PendingSlot[]): void {
    for (const { builders } of this.#kept) for (const slot of slots) builders.delete(slot)
  }
}
