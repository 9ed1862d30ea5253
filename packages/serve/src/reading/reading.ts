/**
 * All models as they are read. One loop follows the log for every model that somebody reads: it takes the
 * next cuts, brings rows and channels up to them in one go, and then writes to the subscribers, some at a
 * time. Between two steps everything stands at one cut; whoever joins, joins there.
 *
 * It rests on the log alone, not on the live engine: what it tells is durable, and the same after a restart.
 */
import { type Clock, MillraceError, systemClock } from '@millrace/base'
import { type CutSignal, type LogReader, type StoredBatch, typeNameOf } from '@millrace/core'
import { CatchUp } from './catch-up.ts'
import type { Channel } from './channel.ts'
import { fanOut } from './fan-out.ts'
import type { Line } from './line.ts'
import { Message } from './message.ts'
import { ModelFeed } from './model-feed.ts'
import type { ModelRows } from './model-rows.ts'
import { placeFrom } from './position.ts'
import { READING_LIMITS } from './reading-limits.ts'
import type { RowFilter } from './row-filter.ts'
import { RowLoader } from './row-loader.ts'
import { Snapshot } from './snapshot.ts'
import { Subscriber } from './subscriber.ts'

/** A model that may be read, and the indexes by which its rows are looked up. */
export interface ReadableModel {
  readonly name: string
  /** Names of columns. */
  readonly indexes: readonly (readonly string[])[]
}

export interface ReadingOptions {
  /** Its own: closed by `close`. */
  readonly reader: LogReader
  readonly signal: CutSignal
  readonly storeId: string
  readonly models: readonly ReadableModel[]
  readonly clock?: Clock
  /** Default `READING_LIMITS.subscribers`. */
  readonly subscribersLimit?: number
  /** Default `READING_LIMITS.rowsBytes`. */
  readonly rowsBytesLimit?: number
}

export interface Subscription {
  readonly feed: ModelFeed
  readonly filter: RowFilter
  /** A position; `now` for only what comes; null for the rows as they are, and then what comes. */
  readonly from: string | null
}

const RETRY_MS = 1_000

export class Reading {
  readonly #reader: LogReader
  readonly #signal: CutSignal
  readonly #storeId: string
  readonly #models: ReadonlyMap<string, ReadableModel>
  readonly #clock: Clock
  readonly #subscribersLimit: number
  readonly #rowsBytesLimit: number
  readonly #feeds = new Map<string, ModelFeed>()
  readonly #usedMs = new Map<ModelFeed, number>()
  readonly #loader: RowLoader
  readonly #catchUp: CatchUp
  /** The cut at which everything here stands. */
  #cut: number
  #subscribers = 0
  #isClosed = false

  constructor(options: ReadingOptions) {
    const { reader, signal, storeId, models, clock = systemClock } = options
    this.#subscribersLimit = options.subscribersLimit ?? READING_LIMITS.subscribers
    this.#rowsBytesLimit = options.rowsBytesLimit ?? READING_LIMITS.rowsBytes
    this.#reader = reader
    this.#signal = signal
    this.#storeId = storeId
    this.#models = new Map(models.map((model) => [model.name, model]))
    this.#clock = clock
    this.#cut = reader.cut()
    this.#loader = new RowLoader({
      reader,
      cut: () => this.#cut,
      makeRoom: (feed) => this.#makeRoom(feed),
      bytesLimit: this.#rowsBytesLimit,
      refuseClosed: (model) => this.#refuseClosed(model),
    })
    this.#catchUp = new CatchUp({ reader, cut: () => this.#cut, clock })
  }

  get models(): readonly string[] {
    return [...this.#models.keys()]
  }

  /** How many there are of a model. */
  subscribersOf(model: string): number {
    return this.#feeds.get(model)?.subscribers ?? 0
  }

  /** Follows the log until the signal aborts; rejects with what must not happen. */
  async run(signal: AbortSignal): Promise<void> {
    const heart = setInterval(() => void this.#beat(), READING_LIMITS.heartbeatMs)
    try {
      while (!signal.aborted) {
        const newest = await this.#signal.after(this.#cut, signal)
        try {
          await this.#advance(newest)
        } catch (error) {
          // A disk that could not be read for a moment: where we stand is known, and reading goes on from there.
          if (!(error instanceof MillraceError) || error.retry !== 'backoff') throw error
          await this.#clock.sleep(RETRY_MS, signal)
        }
      }
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw error
    } finally {
      clearInterval(heart)
      this.close()
    }
  }

  /** Raises READ_MODEL_UNKNOWN or READ_MODEL_FILLING. */
  feed(model: string): ModelFeed {
    this.#refuseClosed(model)
    if (!this.#models.has(model)) throw new MillraceError('READ_MODEL_UNKNOWN', { details: { model } })
    const feed = this.#feeds.get(model) ?? this.#opened(model)
    this.#feeds.set(model, feed)
    this.#usedMs.set(feed, this.#clock.monotonicMs())
    return feed
  }

  /** The model's rows, kept up to date from now on. Raises READ_ROWS_TOO_MANY or READ_HISTORY_TRIMMED. */
  async rowsOf(feed: ModelFeed): Promise<ModelRows> {
    return feed.rows ?? (await this.#loader.load(feed, this.#models.get(feed.model)?.indexes ?? []))
  }

  /**
   * Joins a subscriber; `open` makes the way to it once nothing can go wrong any more. Raises
   * READ_SUBSCRIBERS_FULL, READ_POSITION_GONE and what `rowsOf` raises.
   */
  async subscribe({ feed, filter, from }: Subscription, open: () => Line | null): Promise<void> {
    if (this.#subscribers >= this.#subscribersLimit) {
      throw new MillraceError('READ_SUBSCRIBERS_FULL', { details: { limit: this.#subscribersLimit } })
    }
    this.#refuseClosed(feed.model)
    const place = from === null || from === 'now' ? null : placeFrom(from, this.#placeOf(feed), this.#reader)
    const rows = from === null ? await this.rowsOf(feed) : null
    this.#refuseClosed(feed.model)
    const channel = feed.channel(filter)
    const snapshot = rows === null ? null : this.#snapshot(feed, channel, rows)
    const line = open()
    if (line === null) {
      if (channel.subscribers.size === 0) feed.drop(channel)
      return
    }
    const subscriber = this.#joined(feed, channel, line)
    line.open()
    subscriber.begin(beginning(feed, from, place === null ? feed.position : null))
    const link = place === null ? channel.newest : place.next <= feed.next ? channel.linkAt(place.next) : null
    if (snapshot !== null) subscriber.tellSnapshot(snapshot)
    else if (link !== null) subscriber.goLive(link, place === null ? feed.position : from)
    else subscriber.catchUpFrom(place?.next ?? 0)
  }

  /** Tells every subscriber that the server stops. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const feed of this.#feeds.values()) feed.endAll(new MillraceError('READ_SERVER_CLOSED', { details: { model: feed.model } }))
    this.#feeds.clear()
    this.#reader.close()
  }

  /** A request may have waited for something while the server was closed. */
  #refuseClosed(model: string): void {
    if (this.#isClosed) throw new MillraceError('READ_SERVER_CLOSED', { details: { model } })
  }

  #placeOf(feed: ModelFeed): { storeId: string; stream: string } {
    return { storeId: this.#storeId, stream: feed.model }
  }

  #joined(feed: ModelFeed, channel: Channel, line: Line): Subscriber {
    const subscriber = new Subscriber({
      line,
      channel,
      nowMs: () => this.#clock.monotonicMs(),
      catchUp: (late, next) => this.#catchUp.start(feed, late, next),
      onClose: (gone) => {
        this.#subscribers -= 1
        channel.subscribers.delete(gone)
        if (channel.subscribers.size === 0) feed.drop(channel)
        this.#usedMs.set(feed, this.#clock.monotonicMs())
      },
    })
    this.#subscribers += 1
    channel.subscribers.add(subscriber)
    return subscriber
  }

  /** The snapshot of those who came just before serves for as long as the chain goes on from it. */
  #snapshot(feed: ModelFeed, channel: Channel, rows: ModelRows): Snapshot {
    const nowMs = this.#clock.monotonicMs()
    const shared = channel.snapshot
    if (shared !== null && nowMs - shared.madeMs < READING_LIMITS.snapshotShareMs && channel.linkAt(shared.value.next) !== null) {
      return shared.value
    }
    const { schema, next, position } = feed
    const value = new Snapshot({ schema, rows: rows.all(), filter: channel.filter, next, position, cut: this.#cut })
    channel.snapshot = { value, madeMs: nowMs }
    return value
  }

  /** Where a model's stream is at our cut. */
  #opened(model: string): ModelFeed {
    const known = this.#reader.streams().find(({ name }) => name === model)
    if (known === undefined) throw new MillraceError('READ_MODEL_FILLING', { details: { model } })
    const [extent] = this.#reader.extents(model)
    const [later] = this.#reader.read(model, { afterCut: this.#cut, bytesLimit: 1 })
    const next = later?.first ?? extent?.next ?? 0
    const [last] = next > (extent?.first ?? 0) ? this.#reader.read(model, { fromPosition: next - 1, bytesLimit: 1 }) : []
    const place = { next, committedMs: last?.committedMs ?? 0 }
    return new ModelFeed({ storeId: this.#storeId, stream: model, schema: last?.batch().schema ?? known.schema, place })
  }

  /** Brings everything up to a cut, in steps of bounded size; the subscribers are told after each. */
  async #advance(newest: number): Promise<void> {
    while (this.#cut < newest && !this.#isClosed) {
      if (this.#feeds.size === 0) {
        this.#cut = newest
        return
      }
      const range = this.#reader.readCuts([...this.#feeds.keys()], {
        afterCut: this.#cut,
        untilCut: newest,
        bytesLimit: READING_LIMITS.stepBytes,
      })
      for (const stored of cutsOf(range.batches)) this.#take(stored)
      this.#cut = range.untilCut
      this.#shedRows()
      await fanOut([...this.#feeds.values()])
    }
  }

  /** A model whose stream cannot be read ends with the reason, and the others go on. */
  #take(stored: readonly StoredBatch[]): void {
    const feed = this.#feeds.get((stored[0] as StoredBatch).stream)
    try {
      feed?.take(stored)
    } catch (error) {
      if (!(error instanceof MillraceError) || feed === undefined) throw error
      this.#feeds.delete(feed.model)
      feed.endAll(error)
    }
  }

  /** Rows that have grown beyond the bound go; those who follow the changes go on. */
  #shedRows(): void {
    for (const feed of this.#feeds.values()) {
      if (feed.rows === null || this.#rowsBytes() <= this.#rowsBytesLimit) continue
      if (!this.#makeRoom(feed)) feed.rows = null
    }
  }

  #rowsBytes(): number {
    return [...this.#feeds.values()].reduce((bytes, { rows }) => bytes + (rows?.bytes ?? 0), this.#loader.bytes)
  }

  /** Forgets rows that nobody has read for the longest; false where what is left is still too much. */
  #makeRoom(forFeed: ModelFeed): boolean {
    const others = [...this.#feeds.values()].filter((feed) => feed !== forFeed && feed.rows !== null)
    others.sort((left, right) => (this.#usedMs.get(left) ?? 0) - (this.#usedMs.get(right) ?? 0))
    for (const other of others) {
      if (this.#rowsBytes() <= this.#rowsBytesLimit) return true
      other.rows = null
    }
    return this.#rowsBytes() <= this.#rowsBytesLimit
  }

  /** Every subscriber hears of us; who has taken nothing for too long is let go. */
  async #beat(): Promise<void> {
    const alive = new Message('{"type":"alive"}')
    let written = 0
    for (const feed of this.#feeds.values()) {
      for (const subscriber of [...feed.channels].flatMap((channel) => [...channel.subscribers])) {
        if (subscriber.isStalled(this.#clock.monotonicMs())) {
          subscriber.end(new MillraceError('READ_TOO_SLOW', { details: { model: feed.model } }))
        } else subscriber.beat(feed.heartbeat, alive)
        written += 1
        if (written % READING_LIMITS.fanOutSlice === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      const idleMs = this.#clock.monotonicMs() - (this.#usedMs.get(feed) ?? 0)
      if (feed.subscribers === 0 && idleMs > READING_LIMITS.idleMs) this.#feeds.delete(feed.model)
    }
  }
}

/** Batches of one stream and one cut together, in the order of cuts. */
function* cutsOf(batches: readonly StoredBatch[]): IterableIterator<readonly StoredBatch[]> {
  for (const ofCut of Map.groupBy(batches, ({ cut }) => cut).values()) {
    yield* Map.groupBy(ofCut, ({ stream }) => stream).values()
  }
}

function beginning(feed: ModelFeed, from: string | null, position: string | null): Message {
  const { model, schema } = feed
  const columns = schema.columns.map(({ name, type }) => ({ name, type: typeNameOf(type) }))
  const key = schema.key.map((at) => schema.columns[at]?.name ?? '')
  // Who begins at this moment can resume here, even if the line breaks before anything changes.
  const at = from === 'now' ? position : from
  return new Message(JSON.stringify({ type: 'begin', model, columns, key, snapshot: from === null, position: at }), at)
}
