/** Subscribers that are too far behind for the chain read what they missed from the log, a few at a time. */
import { type Clock, MillraceError } from '@millrace/base'
import { type LogReader, sameSchema, type StoredBatch } from '@millrace/core'
import { ChangeWriter, type Told } from './change-writer.ts'
import type { ModelFeed } from './model-feed.ts'
import { gone } from './position.ts'
import { READING_LIMITS } from './reading-limits.ts'
import { BatchText } from './row-text.ts'
import type { Subscriber } from './subscriber.ts'
import { wantedChanges } from './wanted-changes.ts'

export interface CatchUpOptions {
  readonly reader: LogReader
  readonly cut: () => number
  readonly clock: Clock
}

const READ_BYTES = 1_048_576
/** How long to wait for our own cut to reach what a position has seen already. */
const BEHIND_MS = 5

export class CatchUp {
  readonly #options: CatchUpOptions
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(options: CatchUpOptions) {
    this.#options = options
  }

  start(feed: ModelFeed, subscriber: Subscriber, next: number): void {
    this.#run(feed, subscriber, next).catch((error: unknown) => {
      if (!(error instanceof MillraceError)) throw error
      subscriber.end(error)
    })
  }

  async #run(feed: ModelFeed, subscriber: Subscriber, from: number): Promise<void> {
    if (this.#running >= READING_LIMITS.catchUps) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#running += 1
    try {
      for (let next = from; !subscriber.hasEnded;) {
        const link = subscriber.channel.linkAt(next)
        if (link !== null && next <= feed.next) return subscriber.goLive(link)
        next = await this.#tellMissed(feed, subscriber, next)
      }
    } finally {
      this.#running -= 1
      this.#waiting.shift()?.()
    }
  }

  /** Tells a piece of what comes after a place; resolves to the place after it. */
  async #tellMissed(feed: ModelFeed, subscriber: Subscriber, next: number): Promise<number> {
    const { reader, cut, clock } = this.#options
    const [first] = reader.read(feed.model, { fromPosition: next, untilCut: cut(), bytesLimit: 1 })
    if (first === undefined) {
      await clock.sleep(BEHIND_MS)
      return next
    }
    if (first.first > next) throw gone(feed.model, 'the changes after it are not kept any more')
    const range = reader.readCuts([feed.model], { afterCut: first.cut - 1, untilCut: cut(), bytesLimit: READ_BYTES })
    let place = next
    for (const stored of Map.groupBy(range.batches, (batch) => batch.cut).values()) {
      place = await tellCut(feed, subscriber, { stored, from: place })
      if (subscriber.hasEnded) break
    }
    return place
  }
}

async function tellCut(
  feed: ModelFeed,
  subscriber: Subscriber,
  { stored, from }: { stored: readonly StoredBatch[]; from: number },
): Promise<number> {
  const told: Told[] = []
  const writer = new ChangeWriter(
    (place) => feed.positionOf(place),
    (one) => told.push(one),
  )
  const { cut, asOf, committedMs } = stored[0] as StoredBatch
  writer.begin({ cut, asOf, committedMs }, from)
  const end = stored.reduce((last, { first, count }) => Math.max(last, first + count), from)
  for (const one of stored) {
    if (one.first + one.count <= from) continue
    const batch = one.batch()
    if (!sameSchema(batch.schema, feed.schema)) throw gone(feed.model, 'the model was edited and has other columns')
    const skipped = Math.max(0, from - one.first)
    wantedChanges(new BatchText(batch, feed.rowText), subscriber.channel.filter, skipped, (change, row) =>
      writer.add(change, one.first + row + 1),
    )
    await leave(told, subscriber)
    if (subscriber.hasEnded) return end
  }
  writer.finish(end)
  await leave(told, subscriber)
  return end
}

async function leave(told: Told[], subscriber: Subscriber): Promise<void> {
  for (const { message } of told.splice(0)) await subscriber.tellMissed(message)
}
