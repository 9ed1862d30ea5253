import type { Committed, LogWriter, WriteSet } from '@millrace/core'

/** Counts the changes that become visible, once the writer behind it has taken them. */
export class CountedWriter implements LogWriter {
  readonly #behind: LogWriter
  readonly #onVisible: (changes: number) => void
  readonly #tails = new Map<string, number>()

  constructor(behind: LogWriter, onVisible: (changes: number) => void) {
    this.#behind = behind
    this.#onVisible = onVisible
  }

  async commit(set: WriteSet): Promise<Committed> {
    // Sets are applied in the order of the calls, so they are counted in that order too.
    const visible = this.#count(set)
    const committed = await this.#behind.commit(set)
    if (visible > 0) this.#onVisible(visible)
    return committed
  }

  #count({ appends = [], show = [], discard = [] }: WriteSet): number {
    const tails = this.#tails
    for (const name of discard) {
      for (const tail of tails.keys()) if (name.endsWith('/') ? tail.startsWith(name) : tail === name) tails.delete(tail)
    }
    let visible = 0
    for (const { tail, batch } of appends) {
      if (tail === undefined) visible += batch.count
      else tails.set(tail, (tails.get(tail) ?? 0) + batch.count)
    }
    for (const { tail } of show) {
      visible += tails.get(tail) ?? 0
      tails.delete(tail)
    }
    return visible
  }
}

/** Takes every set and keeps nothing: what is before it is measured alone. */
export const dropWriter: LogWriter = {
  commit: () => Promise.resolve({ cut: 1, atMs: Date.now(), bytes: 0 }),
}
