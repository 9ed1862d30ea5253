/**
 * One model as it is read: where in its stream we are, the rows that it has there (once somebody asked for
 * them), and the channels of those who follow it. All of it moves together, a whole cut at a time.
 */
import { assert, MillraceError } from '@millrace/base'
import { type Batch, OPERATION, sameSchema, type Schema, type StoredBatch } from '@millrace/core'
import { Channel } from './channel.ts'
import { ChangeWriter, type Told } from './change-writer.ts'
import { MatchGroups } from './match-groups.ts'
import { Message } from './message.ts'
import type { ModelRows } from './model-rows.ts'
import { gone, type Place, type PlaceOf, positionText } from './position.ts'
import { READING_LIMITS } from './reading-limits.ts'
import type { RowFilter } from './row-filter.ts'
import { BatchText, type RowText, rowTextOf } from './row-text.ts'
import { wantedChanges } from './wanted-changes.ts'

export interface FeedOptions extends PlaceOf {
  readonly schema: Schema
  readonly place: Place
}

export class ModelFeed {
  readonly model: string
  schema: Schema
  rowText: RowText
  /** The rows at this place; null until somebody asked for them. */
  rows: ModelRows | null = null
  readonly #of: PlaceOf
  #place: Place
  readonly #channels = new Map<string, Channel>()
  readonly #groups = new MatchGroups()
  #heartbeat: Message | null = null

  constructor({ storeId, stream, schema, place }: FeedOptions) {
    this.model = stream
    this.schema = schema
    this.rowText = rowTextOf(schema)
    this.#of = { storeId, stream }
    this.#place = place
  }

  get next(): number {
    return this.#place.next
  }

  /** Of what was told up to here. */
  get position(): string {
    return this.positionOf(this.#place)
  }

  /** Made once a place, however many hear it. */
  get heartbeat(): Message {
    const { position } = this
    if (this.#heartbeat?.position !== position) this.#heartbeat = new Message(JSON.stringify({ type: 'position', position }), position)
    return this.#heartbeat
  }

  get channels(): IterableIterator<Channel> {
    return this.#channels.values()
  }

  get subscribers(): number {
    let count = 0
    for (const channel of this.#channels.values()) count += channel.subscribers.size
    return count
  }

  positionOf(place: Place): string {
    return positionText(this.#of, place)
  }

  channel(filter: RowFilter): Channel {
    const present = this.#channels.get(filter.id)
    if (present !== undefined) return present
    const channel = new Channel(filter, this.next)
    this.#channels.set(filter.id, channel)
    this.#groups.add(channel)
    return channel
  }

  drop(channel: Channel): void {
    if (this.#channels.get(channel.filter.id) !== channel) return
    this.#channels.delete(channel.filter.id)
    this.#groups.remove(channel)
  }

  /** Takes all batches of one cut. */
  take(stored: readonly StoredBatch[]): void {
    const [first] = stored
    const last = stored.at(-1)
    if (first === undefined || last === undefined) return
    const isLarge = stored.reduce((bytes, { storedBytes }) => bytes + storedBytes, 0) > READING_LIMITS.stepBytes
    const told = new CutTold(this, stored, isLarge)
    for (const one of stored) {
      const batch = one.batch()
      if (!sameSchema(batch.schema, this.schema)) this.#reshape(batch)
      this.rows?.apply(batch)
      if (!isLarge) this.#tell(one, batch, told)
    }
    this.#place = { next: last.first + last.count, committedMs: last.committedMs }
    told.finish(this.next)
    for (const channel of isLarge ? this.#channels.values() : told.overfull) leaveToLog(channel, this.next)
  }

  #tell(stored: StoredBatch, batch: Batch, told: CutTold): void {
    const text = new BatchText(batch, this.rowText)
    const tell = (channel: Channel, change: string, row: number): void => told.add(channel, change, stored.first + row + 1)
    this.#groups.tell(text, tell)
    for (const channel of this.#channels.values()) {
      if (this.#groups.has(channel)) continue
      try {
        wantedChanges(text, channel.filter, 0, (change, row) => tell(channel, change, row))
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error
        for (const subscriber of channel.subscribers) subscriber.end(error)
      }
    }
  }

  /** A model that was edited takes all rows of its old shape away first. Whoever read those begins anew. */
  #reshape(batch: Batch): void {
    assert(batch.operations[0] === OPERATION.TRUNCATE, 'rows of another shape follow a truncation')
    this.endAll(gone(this.model, 'the model was edited and has other columns'))
    this.schema = batch.schema
    this.rowText = rowTextOf(batch.schema)
    this.rows = null
  }

  endAll(error: MillraceError): void {
    for (const channel of this.#channels.values()) for (const subscriber of channel.subscribers) subscriber.end(error)
  }
}

/** What one cut tells to each channel. */
class CutTold {
  /** Channels for which the cut is too much to be kept. */
  readonly overfull = new Set<Channel>()
  readonly #feed: ModelFeed
  readonly #stored: readonly StoredBatch[]
  readonly #isLarge: boolean
  readonly #writers = new Map<Channel, ChangeWriter>()

  constructor(feed: ModelFeed, stored: readonly StoredBatch[], isLarge: boolean) {
    this.#feed = feed
    this.#stored = stored
    this.#isLarge = isLarge
  }

  add(channel: Channel, change: string, next: number): void {
    let writer = this.#writers.get(channel)
    if (writer === undefined) {
      writer = this.#writerOf(channel)
      this.#writers.set(channel, writer)
    }
    if (!this.overfull.has(channel)) writer.add(change, next)
  }

  finish(next: number): void {
    if (!this.#isLarge) for (const [channel, writer] of this.#writers) if (!this.overfull.has(channel)) writer.finish(next)
  }

  #writerOf(channel: Channel): ChangeWriter {
    const { cut, asOf, committedMs, first } = this.#stored[0] as StoredBatch
    let bytes = 0
    const tell = (told: Told): void => {
      bytes += told.message.length
      if (bytes > READING_LIMITS.channelBytes) this.overfull.add(channel)
      else channel.push(told)
    }
    const writer = new ChangeWriter((place) => this.#feed.positionOf(place), tell)
    writer.begin({ cut, asOf, committedMs }, first)
    return writer
  }
}

/** A cut that is too large for a chain is read from the log by each subscriber, at its own pace. */
function leaveToLog(channel: Channel, next: number): void {
  const places = [...channel.subscribers].flatMap((subscriber) =>
    subscriber.place === null ? [] : [{ subscriber, place: subscriber.place }],
  )
  channel.restart(next)
  for (const { subscriber, place } of places) subscriber.catchUpFrom(place)
}
