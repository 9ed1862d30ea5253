import type { Committed, LogWriter, WriteSet } from '@millrace/core'

/** The end of a process at a commit, seen from within: nothing it does afterwards reaches the store. */
export class Killed extends Error {
  override readonly name = 'Killed'
}

export class MortalWriter implements LogWriter {
  readonly #writer: LogWriter
  #doom: 'before' | 'after' | null = null
  /** Nothing it does reaches the store any more. */
  isDead = false

  constructor(writer: LogWriter) {
    this.#writer = writer
  }

  /** The next commit is the last thing that happens: it does not reach the store, or it does and nobody hears of it. */
  doom(when: 'before' | 'after'): void {
    this.#doom = when
  }

  kill(): void {
    this.isDead = true
  }

  async commit(set: WriteSet): Promise<Committed> {
    if (this.isDead) throw new Killed()
    const doom = this.#doom
    if (doom !== null) this.isDead = true
    if (doom === 'before') throw new Killed()
    const committed = await this.#writer.commit(set)
    if (doom === 'after') throw new Killed()
    return committed
  }
}
