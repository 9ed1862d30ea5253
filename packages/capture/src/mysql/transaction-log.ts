/**
 * Hands the decoded changes to the log: one commit at a time, only whole transactions visible (law 3), and
 * with each the place in the source's history to go on from (law 1).
 *
 * While a commit is in flight the next changes are decoded, so a slow log makes larger commits and not more
 * of them. A transaction that outgrows `PART_BYTES` goes in parts into an open tail that nobody sees before
 * the last part. Rows of a prepared transaction wait in a tail of their own until it is committed.
 */
import { assert, type Clock, describeError, reach } from '@millrace/base'
import type { StreamDefinition, WriteSet, LogWriter } from '@millrace/core'
import type { CaptureRecord } from './capture-record.ts'
import type { PendingChanges } from './pending-changes.ts'
import { type ProgressState, progressOf, TAIL } from './progress-state.ts'

/** A commit is due after so many bytes of changes, or so long after the first of them. */
const FLUSH_BYTES = 1_000_000
const FLUSH_DELAY_MS = 5
/** Reading waits for the log when this much is decoded; a single transaction goes in parts of this size. */
export const PART_BYTES = 8_000_000
/** How often, at most, a place without changes is stored. */
const QUIET_COMMIT_PAUSE_MS = 1000

export interface TransactionLogOptions {
  readonly source: string
  readonly pending: PendingChanges
  readonly writer: LogWriter
  readonly clock: Clock
  readonly record: CaptureRecord
  readonly state: ProgressState
  /** The last transaction that is in the log. */
  readonly transaction: number
  /** Called once the log has refused; what it refused with is in `failure`. */
  readonly onFailure: () => void
}

export class TransactionLog {
  readonly #options: TransactionLogOptions
  /** Of the newest whole transaction; stored with the next commit. */
  state: ProgressState
  failure: Error | null = null
  #transaction: number
  #committing: Promise<void> | null = null
  #flushDue = false
  #flushTimer: NodeJS.Timeout | null = null
  #tailOpen = false
  #isOpen = false
  #definitions: StreamDefinition[] = []
  #pendingSinceMs: number | null = null
  #isQuietDue = false
  #quietCommitMs = 0
  /** The tail that the open transaction's rows go to, where it only prepares. */
  #preparing: string | null = null
  #isPreparedTailNew = false

  constructor(options: TransactionLogOptions) {
    this.#options = options
    this.state = options.state
    this.#transaction = options.transaction
  }

  /** The next transaction of the source begins; its changes get this number once there are any. */
  begin(timeMicros: number): void {
    const { pending } = this.#options
    pending.transaction = this.#transaction + 1
    pending.index = 0
    pending.timeMicros = timeMicros
    this.#isOpen = true
  }

  define(definition: StreamDefinition): void {
    this.#definitions.push(definition)
  }

  /** From now on the open transaction's rows go to a tail of their own, which outlives the session. */
  async prepare(name: string): Promise<void> {
    await this.settle()
    this.#preparing = TAIL.prepared(this.#options.source, name)
    this.#isPreparedTailNew = true
  }

  /** The open transaction is whole; `state` is the place behind it. Wait for the promise, if there is one. */
  commit(state: ProgressState): Promise<void> | null {
    const { pending, record } = this.#options
    this.#isOpen = false
    this.state = state
    record.transactions += 1
    if (pending.index > 0) this.#transaction = pending.transaction
    if (pending.count === 0 && !this.#tailOpen) {
      this.#isQuietDue = true
      return null
    }
    this.#pendingSinceMs ??= pending.timeMicros / 1000
    record.unsavedSinceMs ??= this.#pendingSinceMs
    if (this.#flushDue || pending.bytes >= FLUSH_BYTES) return this.#flushOrWait()
    this.#flushTimer ??= setTimeout(() => this.#flushNow(), FLUSH_DELAY_MS)
    return null
  }

  /** The open transaction was prepared: its rows are durable, and shown by nothing yet. */
  async commitPrepared(state: ProgressState): Promise<void> {
    await this.#flushPart()
    await this.#idle()
    this.#isOpen = false
    this.#preparing = null
    this.state = state
    this.#commit({ progress: this.#progress() }, () => undefined)
    await this.#idle()
  }

  /** A prepared transaction ends: its rows appear, or go. */
  async settlePrepared(name: string, isCommitted: boolean, state: ProgressState): Promise<void> {
    const { source, pending, record } = this.#options
    await this.settle()
    this.#isOpen = false
    this.state = state
    const tail = TAIL.prepared(source, name)
    if (isCommitted) this.#transaction = pending.transaction
    const origin = { transaction: pending.transaction, timeMicros: pending.timeMicros }
    const set: WriteSet = isCommitted ? { show: [{ tail, origin }] } : { discard: [tail] }
    this.#commit({ ...set, progress: this.#progress() }, () => (record.lastChangeMs = this.#options.clock.nowMs()))
    await this.#idle()
  }

  /** A number for rows that are read anew: between those of what came before and of what follows. */
  reserve(): number {
    this.#transaction += 1
    return this.#transaction
  }

  /** Tails that are whole come into view. Between two transactions, with nothing pending. */
  async appear(set: WriteSet, state: ProgressState): Promise<void> {
    const { record, clock } = this.#options
    this.state = state
    this.#commit({ ...set, progress: this.#progress() }, () => (record.lastChangeMs = clock.nowMs()))
    await this.#idle()
  }

  /** Puts what is pending out of the way, so that rows of a new shape may follow. */
  async settle(): Promise<void> {
    if (this.#options.pending.index > 0 && this.#isOpen) await this.#flushPart()
    else if (this.#committing === null) this.#flush()
    else {
      await this.#idle()
      this.#flush()
    }
    await this.#idle()
  }

  /** The open transaction has more changes than may be held. */
  async part(): Promise<void> {
    if (this.#options.pending.bytes >= PART_BYTES) await this.#flushPart()
  }

  /** So that a quiet source beside busy neighbours does not fall behind what the server still has. */
  storeQuietPlace(): void {
    const { clock, pending } = this.#options
    const nowMs = clock.monotonicMs()
    const isBusy = this.#committing !== null || pending.count > 0 || this.#tailOpen || this.#isOpen
    if (!this.#isQuietDue || isBusy || nowMs - this.#quietCommitMs < QUIET_COMMIT_PAUSE_MS) return
    this.#quietCommitMs = nowMs
    this.#commit({ progress: this.#progress() }, () => undefined)
  }

  get isIdle(): boolean {
    return this.#committing === null && this.#options.pending.count === 0 && !this.#isOpen
  }

  async close(): Promise<void> {
    this.#cancelFlush()
    await this.#committing?.catch(() => undefined)
  }

  #flushOrWait(): Promise<void> | null {
    this.#flushDue = true
    if (this.#committing === null) this.#flush()
    else if (this.#options.pending.bytes >= PART_BYTES) return this.#committing
    return null
  }

  #flushNow(): void {
    this.#flushTimer = null
    this.#flushDue = true
    if (this.#committing === null && !this.#isOpen) this.#flush()
  }

  /** All that is pending belongs to whole transactions. */
  #flush(): void {
    const { source, pending } = this.#options
    this.#cancelFlush()
    if (pending.count === 0 && !this.#tailOpen) return
    const show = this.#tailOpen ? { show: [{ tail: TAIL.part(source) }] } : {}
    const count = pending.count
    const newestMs = pending.timeMicros / 1000
    const set = this.#setOf(undefined, { ...show, progress: this.#progress() })
    this.#tailOpen = false
    this.#pendingSinceMs = null
    this.#commit(set, () => this.#saved(count, newestMs))
  }

  /** Part of a transaction whose end has not come yet: durable and unseen. */
  async #flushPart(): Promise<void> {
    const { source, pending, record } = this.#options
    await this.#idle()
    const count = pending.count
    if (count === 0) return
    if (this.#preparing === null) this.#tailOpen = true
    const discard = this.#isPreparedTailNew && this.#preparing !== null ? { discard: [this.#preparing] } : {}
    this.#isPreparedTailNew = false
    this.#commit(this.#setOf(this.#preparing ?? TAIL.part(source), discard), () => (record.changes += count))
  }

  #setOf(tail: string | undefined, rest: WriteSet): WriteSet {
    const streams = this.#definitions
    this.#definitions = []
    const appends = this.#options.pending.take(tail)
    return { ...(streams.length === 0 ? {} : { streams }), ...(appends.length === 0 ? {} : { appends }), ...rest }
  }

  #progress(): WriteSet['progress'] & object {
    this.#isQuietDue = false
    return progressOf(this.#options.source, this.#transaction, this.state)
  }

  /** At most one commit is in flight, so that a refused one can never be followed by a later one. */
  #commit(set: WriteSet, saved: () => void): void {
    const { writer, record, onFailure } = this.#options
    assert(this.#committing === null, 'one commit at a time')
    const { gtid, file, position } = this.state
    reach('capture.before-append')
    this.#committing = writer.commit(set).then(
      () => {
        this.#committing = null
        reach('capture.before-acknowledge')
        if (set.progress !== undefined) Object.assign(record, { gtid, file, position })
        saved()
        if (this.#flushDue && !this.#isOpen) this.#flush()
      },
      (error: unknown) => {
        this.#committing = null
        this.failure = error instanceof Error ? error : new Error(describeError(error))
        onFailure()
      },
    )
  }

  async #idle(): Promise<void> {
    while (this.#committing !== null) await this.#committing
    if (this.failure !== null) throw this.failure
  }

  #saved(count: number, newestMs: number): void {
    const { record, clock } = this.#options
    record.changes += count
    record.lastChangeMs = clock.nowMs()
    record.lastLagMs = Math.max(0, record.lastChangeMs - newestMs - 999)
    record.unsavedSinceMs = this.#pendingSinceMs
  }

  #cancelFlush(): void {
    if (this.#flushTimer !== null) clearTimeout(this.#flushTimer)
    this.#flushTimer = null
    this.#flushDue = false
  }
}
