/**
 * Reads and decodes the range of the next step while workers compute the present one. It never reads further
 * than one step, and what it has read is used only if the next step wants exactly that.
 */
import type { CutRange, LogReader, StoredBatch } from '@millrace/core'
import { DecodedBatch } from './decoded-batch.ts'

interface Ahead {
  readonly streams: readonly string[]
  readonly afterCut: number
  readonly range: CutRange
}

export class ReadAhead {
  readonly #reader: LogReader
  #ahead: Ahead | null = null

  constructor(reader: LogReader) {
    this.#reader = reader
  }

  /** What was read for these streams and this cut; null where it must be read. */
  take(streams: readonly string[], afterCut: number): CutRange | null {
    const ahead = this.#ahead
    this.#ahead = null
    if (ahead === null || ahead.afterCut !== afterCut || ahead.streams.length !== streams.length) return null
    return ahead.streams.every((stream, at) => stream === streams[at]) ? ahead.range : null
  }

  async read(streams: readonly string[], { afterCut, bytesLimit }: { afterCut: number; bytesLimit: number }): Promise<void> {
    // The workers are asked first.
    await new Promise((resolve) => setImmediate(resolve))
    if (streams.length === 0) return
    try {
      const { batches, untilCut } = this.#reader.readCuts(streams, { afterCut, bytesLimit })
      const range = { untilCut, batches: batches.map(decoded) }
      if (batches.length > 0) this.#ahead = { streams, afterCut, range }
    } catch {
      // The step that reads it anew meets the same, and says so.
      this.#ahead = null
    }
  }
}

function decoded(stored: StoredBatch): StoredBatch {
  const batch = stored.batch()
  return new DecodedBatch(stored, { from: 0, to: stored.count, whole: () => batch })
}
