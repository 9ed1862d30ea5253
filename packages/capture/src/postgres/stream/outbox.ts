/**
 * The stream's way into the log: one commit at a time, so that a refused one can never be followed by a
 * later one. What whole transactions left waits in a ready set while a commit is in flight; parts of
 * transactions that are not whole go into open tails, which nobody sees (law 3).
 */
import { assert, describeError, reach } from '@millrace/base'
import type { LogWriter, ShownTail, SourceProgress, StreamDefinition } from '@millrace/core'
import type { Boundary, FillRouter } from '../fill/fill-router.ts'
import type { Lane } from '../pgoutput/lane.ts'
import type { Origin } from '../pending-changes.ts'
import { streamedTail, transactionTail } from '../tail-name.ts'
import { type Ready, ReadySet } from './ready-set.ts'

export interface OutboxOptions {
  readonly source: string
  readonly writer: LogWriter
  readonly fills: FillRouter
  readonly progressAt: (boundary: Boundary) => SourceProgress
  /** What was written brings the log up to this boundary (null: to none); so many changes were in it. */
  readonly onSaved: (boundary: Boundary | null, count: number) => void
  readonly onRefused: (error: Error) => void
}

export class Outbox {
  readonly #options: OutboxOptions
  readonly #ready = new ReadySet()
  #definitions: StreamDefinition[] = []
  #committing: Promise<void> | null = null

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Resolves when the commit in flight has ended, however it did; null where there is none. */
  get committing(): Promise<void> | null {
    return this.#committing
  }

  get readyBytes(): number {
    return this.#ready.bytes
  }

  /** Nothing that was given is still to be written. */
  isIdle(): boolean {
    return this.#committing === null && this.#ready.isEmpty()
  }

  hasReady(): boolean {
    return !this.#ready.isEmpty()
  }

  /** A stream's new shape, for the next set: before it come no rows of that shape. */
  define(definition: StreamDefinition): void {
    this.#definitions.push(definition)
  }

  /** All that came whole is ready, up to the boundary. */
  seal(whole: Lane, boundary: Boundary): void {
    if (whole.isEmpty()) return
    assert(whole.tails.size === 0 || this.#ready.mayShow(), 'what is shown comes before what is appended')
    this.#show(whole, undefined)
    this.#ready.add(whole.pending, () => whole.pending.take())
    this.#ready.boundary = boundary
  }

  /** False where what is ready must be written first. */
  mayShow(lane: Lane): boolean {
    return lane.tails.size === 0 || this.#ready.mayShow()
  }

  /** A transaction that was in progress has ended: it follows what is ready. */
  release(lane: Lane, origin: Origin, boundary: Boundary): void {
    assert(this.mayShow(lane), 'what is shown comes before what is appended')
    this.#show(lane, origin)
    this.#ready.add(lane.pending, () => lane.pending.takeAt(origin))
    this.#ready.boundary = boundary
  }

  discard(lane: Lane): void {
    this.#ready.discard(lane.tails)
  }

  /** Writes all that is ready, as far as the boundary; where nothing is, the boundary alone. */
  commitReady(boundary: Boundary): void {
    const { count } = this.#ready
    this.#commit(this.#ready.take(), boundary, count)
  }

  /** Writes what is ready and nothing else; it ends at a boundary of its own. */
  commitSealed(): void {
    const { boundary, count } = this.#ready
    if (this.#ready.isEmpty()) return
    this.#commit(this.#ready.take(), boundary, count)
  }

  /** Writes what is pending of a transaction that is not whole. */
  commitPart(lane: Lane): void {
    const { source } = this.#options
    const { pending, xid } = lane
    lane.parted += pending.count
    const taken = pending.take()
    const appends = taken.appends.map((append) => {
      const tail = xid === 0 ? transactionTail(source, append.stream) : streamedTail(source, xid, append.stream)
      lane.tails.add(tail)
      return { ...append, tail }
    })
    if (appends.length > 0) this.#commit({ set: { appends }, done: taken.done }, null, 0)
  }

  #show(lane: Lane, origin: ShownTail['origin']): void {
    this.#ready.show(lane.tails, origin)
    lane.tails.clear()
    this.#ready.count += lane.parted
    lane.parted = 0
  }

  #commit({ set, done }: Ready, boundary: Boundary | null, count: number): void {
    assert(this.#committing === null, 'one commit at a time')
    const { writer, fills, progressAt, onSaved, onRefused } = this.#options
    const streams = this.#definitions
    this.#definitions = []
    const progress = boundary === null ? {} : { progress: progressAt(boundary) }
    const routed = fills.route({ ...(streams.length === 0 ? {} : { streams }), ...set, ...progress }, boundary)
    reach('capture.before-append')
    this.#committing = writer.commit(routed).then(
      () => {
        this.#committing = null
        done()
        fills.routed()
        reach('capture.before-acknowledge')
        onSaved(boundary, count)
      },
      (error: unknown) => {
        this.#committing = null
        onRefused(error instanceof Error ? error : new Error(describeError(error)))
      },
    )
  }
}
