/** What whole transactions left for the next commit, in the order in which they ended. */
import type { Append, ControlStatement, ShownTail, WriteSet } from '@millrace/core'
import type { PendingChanges, Taken } from '../pending-changes.ts'
import type { Boundary } from '../fill/fill-router.ts'

/** What goes in one commit, and whom to tell once it is written. */
export interface Ready {
  readonly set: WriteSet
  readonly done: () => void
}

export class ReadySet {
  #taken: Taken[] = []
  #appends: Append[] = []
  #show: ShownTail[] = []
  #discard: string[] = []
  #control: ControlStatement[] = []
  /** Up to where the log will be once this is written. */
  boundary: Boundary | null = null
  bytes = 0
  count = 0

  isEmpty(): boolean {
    return this.#appends.length === 0 && this.#show.length === 0 && this.#discard.length === 0 && this.#control.length === 0
  }

  /** Tails become visible before the appends of the same set: behind others they would come too early. */
  mayShow(): boolean {
    return this.#appends.length === 0
  }

  show(tails: Iterable<string>, origin: ShownTail['origin']): void {
    for (const tail of tails) this.#show.push(origin === undefined ? { tail } : { tail, origin })
  }

  discard(tails: Iterable<string>): void {
    this.#discard.push(...tails)
  }

  add(pending: PendingChanges, take: () => Taken): void {
    this.bytes += pending.bytes
    this.count += pending.count
    const taken = take()
    this.#taken.push(taken)
    this.#appends.push(...taken.appends)
    this.#control.push(...pending.takeStatements())
  }

  take(): Ready {
    const taken = this.#taken
    const set: WriteSet = {
      ...(this.#discard.length === 0 ? {} : { discard: this.#discard }),
      ...(this.#show.length === 0 ? {} : { show: this.#show }),
      ...(this.#appends.length === 0 ? {} : { appends: this.#appends }),
      ...(this.#control.length === 0 ? {} : { control: this.#control }),
    }
    this.#taken = []
    this.#appends = []
    this.#show = []
    this.#discard = []
    this.#control = []
    this.boundary = null
    this.bytes = 0
    this.count = 0
    return { set, done: () => taken.forEach((each) => each.done()) }
  }
}
