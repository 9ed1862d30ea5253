/**
 * What all subscribers with one filter are told: the newest messages in a chain, each made once. A
 * subscriber holds the link that it was given last, and walks on as fast as its socket takes. The chain
 * is bounded by forgetting its oldest links; who still needed one of those is too slow.
 */
import type { Message } from './message.ts'
import type { Told } from './change-writer.ts'
import type { Snapshot } from './snapshot.ts'
import type { RowFilter } from './row-filter.ts'
import type { Subscriber } from './subscriber.ts'

export interface Link {
  readonly message: Message | null
  readonly sequence: number
  /** The stretch of the log that it tells. */
  readonly start: number
  readonly next: number
  following: Link | null
}

export class Channel {
  readonly filter: RowFilter
  readonly subscribers = new Set<Subscriber>()
  /** Those whose sockets were full when they were written to last. */
  readonly blocked = new Set<Subscriber>()
  snapshot: { readonly value: Snapshot; readonly madeMs: number } | null = null
  /** The link before the oldest that is kept. */
  #oldest: Link
  #newest: Link
  #bytes = 0
  /** Something was told since all subscribers were written to. */
  hasNews = false

  constructor(filter: RowFilter, next: number) {
    this.filter = filter
    this.#oldest = { message: null, sequence: 0, start: next, next, following: null }
    this.#newest = this.#oldest
  }

  get newest(): Link {
    return this.#newest
  }

  get bytes(): number {
    return this.#bytes
  }

  push({ message, start, next }: Told): void {
    const link: Link = { message, sequence: this.#newest.sequence + 1, start, next, following: null }
    this.#newest.following = link
    this.#newest = link
    this.#bytes += message.length
    this.hasNews = true
  }

  /** The link from which somebody goes on who knows everything before `next`; null where the chain does not tell. */
  linkAt(next: number): Link | null {
    if (next < this.#oldest.next) return null
    for (let link: Link | null = this.#oldest; link !== null && link.next <= next; link = link.following) {
      if (link.following === null || link.following.start >= next) return link
    }
    return null
  }

  /** Whether all that follows a link is still in the chain. */
  holds(link: Link): boolean {
    return link.sequence >= this.#oldest.sequence
  }

  /** Forgets the oldest links beyond so many bytes. */
  trim(bytesLimit: number): void {
    while (this.#bytes > bytesLimit && this.#oldest.following !== null) {
      this.#oldest = this.#oldest.following
      this.#bytes -= this.#oldest.message?.length ?? 0
    }
  }

  /** Forgets all links: what came up to `next` is read from the log by whoever needs it. */
  restart(next: number): void {
    const link: Link = { message: null, sequence: this.#newest.sequence + 1, start: next, next, following: null }
    this.#oldest = link
    this.#newest = link
    this.#bytes = 0
    this.snapshot = null
  }
}
