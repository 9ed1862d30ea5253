/** Reads a model's rows from the beginning of its stream to the place where its feed is, in steps, once for all who ask. */
import { MillraceError } from '@millrace/base'
import { columnIndex, type LogReader, sameSchema } from '@millrace/core'
import type { ModelFeed } from './model-feed.ts'
import { ModelRows } from './model-rows.ts'
import { READING_LIMITS } from './reading-limits.ts'

export interface RowLoaderOptions {
  readonly reader: LogReader
  /** The cut at which the feeds stand. */
  readonly cut: () => number
  /** Makes room for a feed's rows; false where there is none. */
  readonly makeRoom: (feed: ModelFeed) => boolean
  /** Of all models together, for the error that tells it. */
  readonly bytesLimit: number
  /** Raises READ_SERVER_CLOSED once there is nothing to read from. */
  readonly refuseClosed: (model: string) => void
}

export class RowLoader {
  readonly #options: RowLoaderOptions
  readonly #loading = new Map<ModelFeed, Promise<ModelRows>>()
  readonly #partial = new Map<ModelFeed, ModelRows>()

  constructor(options: RowLoaderOptions) {
    this.#options = options
  }

  /** Of rows that are being read and belong to no feed yet. */
  get bytes(): number {
    return [...this.#partial.values()].reduce((bytes, rows) => bytes + rows.bytes, 0)
  }

  /** Raises READ_ROWS_TOO_MANY or READ_HISTORY_TRIMMED. */
  load(feed: ModelFeed, indexes: readonly (readonly string[])[]): Promise<ModelRows> {
    const present = this.#loading.get(feed)
    if (present !== undefined) return present
    const loading = this.#load(feed, indexes).finally(() => {
      this.#loading.delete(feed)
      this.#partial.delete(feed)
    })
    this.#loading.set(feed, loading)
    return loading
  }

  async #load(feed: ModelFeed, indexes: readonly (readonly string[])[]): Promise<ModelRows> {
    const { reader, cut, makeRoom, bytesLimit, refuseClosed } = this.#options
    const { model } = feed
    const first = reader.extents(model)[0]?.first ?? 0
    if (first > 0) throw new MillraceError('READ_HISTORY_TRIMMED', { details: { model, first } })
    let rows: ModelRows | null = null
    let read = 0
    while (read < cut()) {
      const range = reader.readCuts([model], { afterCut: read, untilCut: cut(), bytesLimit: READING_LIMITS.stepBytes })
      for (const stored of range.batches) {
        const batch = stored.batch()
        if (rows === null || !sameSchema(rows.schema, batch.schema)) rows = emptyRows(batch.schema, indexes)
        rows.apply(batch)
        this.#partial.set(feed, rows)
        if (!makeRoom(feed)) {
          const limitMb = Math.ceil(bytesLimit / 1_000_000)
          throw new MillraceError('READ_ROWS_TOO_MANY', { details: { model, limitMb } })
        }
      }
      read = range.untilCut
      // Others on this thread have their turn, and the log may grow meanwhile.
      await new Promise((resolve) => setImmediate(resolve))
      refuseClosed(model)
    }
    feed.rows = rows ?? emptyRows(feed.schema, indexes)
    return feed.rows
  }
}

/** An index over a column that the model does not have (yet) waits for it. */
function emptyRows(schema: ModelRows['schema'], indexes: readonly (readonly string[])[]): ModelRows {
  const places = indexes.map((names) => names.map((name) => columnIndex(schema, name)))
  return new ModelRows(
    schema,
    places.filter((columns) => !columns.includes(-1)),
  )
}
