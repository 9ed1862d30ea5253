/** A decoded batch while events of it are on their way. Its bytes count until the last of them lets go. */
import type { Batch, StoredBatch } from '@millrace/core'

export class OpenBatch {
  readonly stored: StoredBatch
  readonly batch: Batch
  readonly #onFree: (bytes: number) => void
  #holders = 1

  /** The reader that opens it is its first holder. */
  constructor(stored: StoredBatch, onFree: (bytes: number) => void) {
    this.stored = stored
    this.batch = stored.batch()
    this.#onFree = onFree
  }

  hold(): void {
    this.#holders += 1
  }

  letGo(): void {
    this.#holders -= 1
    if (this.#holders === 0) this.#onFree(this.stored.storedBytes)
  }
}
