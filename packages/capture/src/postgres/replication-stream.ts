/**
 * Follows the source's changes and brings them into the log.
 *
 *   socket ─ frames ─ decoder ─► pending changes ─ one commit at a time ─► log ─► acknowledgement
 *
 * While a commit is in flight the next changes are decoded, so a slow log makes larger commits and not
 * more of them. Only whole transactions become visible (law 3); one that outgrows `PART_BYTES` goes in
 * parts that nobody sees before the last. The server is told only of what is durable (law 2).
 */
import { assert, type Clock, describeError, MillraceError, reach } from '@millrace/base'
import type { Append, LogWriter, StreamDefinition, WriteSet } from '@millrace/core'
import { quoteIdentifier, quoteLiteral } from './catalog/table.ts'
import type { CaptureRecord } from './capture-record.ts'
import type { Connection } from './connect.ts'
import { heartbeatTime, HEARTBEAT_PREFIX } from './heartbeat.ts'
import type { PendingChanges } from './pending-changes.ts'
import { ChangeDecoder, type Outcome, OUTCOME } from './pgoutput/decoder.ts'
import type { Relation } from './pgoutput/relation.ts'
import { positionToText, readPosition } from './position.ts'
import { type ProgressState, progressOf } from './progress-state.ts'
import { successorOf } from './slot-name.ts'
import { sourceError } from './source-error.ts'
import type { TableFeed } from './table-feed.ts'
import { transactionTail } from './tail-name.ts'
import { FrameReader } from './wire/frame-reader.ts'
import { RawConnection } from './wire/raw-connection.ts'
import { MESSAGE, readServerError, type ServerError } from './wire/server-message.ts'
import { statusUpdate } from './wire/status-update.ts'

/** A commit is due after so many bytes of changes, or so long after the first of them. */
const FLUSH_BYTES = 1_000_000
const FLUSH_DELAY_MS = 5
/** Reading waits for the log when this much is decoded; a single transaction goes in parts of this size. */
const PART_BYTES = 8_000_000
const STATUS_PAUSE_MS = 2000
/** How often, at most, a position without changes is stored, so that it may be acknowledged. */
const QUIET_COMMIT_PAUSE_MS = 1000

const CHANGES = 0x77
const KEEPALIVE = 0x6b
/** Frame: kind of message, start and end of the position, time; then pgoutput's own message. */
const CHANGES_HEADER_BYTES = 25

export interface BoundRelation {
  readonly feed: TableFeed | null
  /** The stream's new shape, where the relation brings one. */
  readonly definition: StreamDefinition | null
}

export interface StreamOptions {
  readonly source: string
  readonly replication: Connection
  readonly pending: PendingChanges
  readonly writer: LogWriter
  readonly clock: Clock
  readonly record: CaptureRecord
  readonly state: ProgressState
  /** So long may the server say nothing, though asked. */
  readonly silenceMsMax: number
  /** The last transaction that is in the log. */
  readonly transaction: number
  /** Finds the table of a relation; asks the catalog where its shape is new. `settle` puts what is pending out of the way. */
  readonly bindRelation: (relation: Relation, settle: () => Promise<void>) => Promise<BoundRelation>
}

export class ReplicationStream {
  readonly #options: StreamOptions
  readonly #raw: RawConnection
  readonly #frames = new FrameReader()
  readonly #decoder: ChangeDecoder
  #committing: Promise<void> | null = null
  #failure: Error | null = null
  #flushDue = false
  #flushTimer: NodeJS.Timeout | null = null
  /** Parts of the transaction at hand are in the log's open tail. */
  #tailOpen = false
  /** Since when the reader waits for bytes; null while it works. */
  #waitingSinceMs: number | null = null
  #definitions: StreamDefinition[] = []
  /** Commit time of the oldest change that is pending. */
  #pendingSinceMs: number | null = null
  /** Stored with the log: the stream may be acknowledged, and resumes, from here. */
  #position: number
  /** The server is past this position and nothing before it is missing here; not stored yet. */
  #quietPosition: number
  #quietCommitMs = 0

  constructor(options: StreamOptions) {
    const { source, replication, pending, transaction, state, record } = options
    this.#options = options
    this.#raw = new RawConnection(replication)
    this.#decoder = new ChangeDecoder({ source, messagePrefix: HEARTBEAT_PREFIX, pending, afterTransaction: transaction })
    this.#position = state.position
    this.#quietPosition = state.position
    record.acknowledged = state.position
    this.#decoder.endPosition = state.position
  }

  /** Ends when the signal aborts; rejects when the connection is lost or the log refuses. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#raw.stop()
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    const statusTimer = setInterval(() => this.#status(), STATUS_PAUSE_MS)
    try {
      this.#start()
      await this.#follow(signal)
    } finally {
      signal.removeEventListener('abort', stop)
      clearInterval(statusTimer)
      this.#cancelFlush()
      await this.#committing?.catch(() => undefined)
      this.#raw.finish()
    }
  }

  #start(): void {
    const { slot, publication, position } = this.#options.state
    const name = quoteLiteral(quoteIdentifier(publication))
    this.#raw.query(
      `START_REPLICATION SLOT ${quoteIdentifier(slot)} LOGICAL ${positionToText(position)} (proto_version '1', publication_names ${name}, messages 'true')`,
    )
  }

  /** The hot loop: nothing in it waits or allocates, but for what `#after` asks for. */
  async #follow(signal: AbortSignal): Promise<void> {
    const frames = this.#frames
    const decoder = this.#decoder
    const { pending, record, clock } = this.#options
    for (;;) {
      while (frames.next()) {
        if (frames.kind !== MESSAGE.COPY_DATA) this.#control()
        else if (frames.buffer[frames.start] === CHANGES) {
          const outcome = decoder.decode(frames.buffer, frames.start + CHANGES_HEADER_BYTES, frames.end)
          if (outcome === OUTCOME.NONE && pending.bytes < PART_BYTES) continue
          const wait = this.#after(outcome)
          if (wait !== null) await wait
        } else if (frames.buffer[frames.start] === KEEPALIVE) this.#keepalive()
      }
      this.#waitingSinceMs = clock.monotonicMs()
      const chunk = await this.#raw.read()
      this.#waitingSinceMs = null
      if (this.#failure !== null) throw this.#failure
      if (chunk !== null) {
        record.lastContactMs = clock.nowMs()
        frames.push(chunk)
      } else if (signal.aborted) return
      else await this.#raw.lost()
    }
  }

  #after(outcome: Outcome): Promise<void> | null {
    if (outcome === OUTCOME.COMMITTED) return this.#committed()
    if (outcome === OUTCOME.RELATION) return this.#relation()
    if (outcome === OUTCOME.MESSAGE) this.#message()
    return this.#options.pending.bytes >= PART_BYTES && this.#decoder.inTransaction ? this.#flushPart() : null
  }

  /** A whole transaction is pending. */
  #committed(): Promise<void> | null {
    const { pending, record } = this.#options
    record.transactions += 1
    if (pending.count === 0 && !this.#tailOpen) {
      if (this.#committing === null) this.#quietPosition = Math.max(this.#quietPosition, this.#decoder.endPosition)
      return null
    }
    this.#pendingSinceMs ??= pending.timeMicros / 1000
    record.unsavedSinceMs ??= this.#pendingSinceMs
    if (this.#flushDue || pending.bytes >= FLUSH_BYTES) return this.#flushOrWait()
    this.#flushTimer ??= setTimeout(() => this.#flushNow(), FLUSH_DELAY_MS)
    return null
  }

  /** Where a commit is in flight, the next one waits its turn, and reading waits too once enough is decoded. */
  #flushOrWait(): Promise<void> | null {
    this.#flushDue = true
    if (this.#committing === null) this.#flush()
    else if (this.#options.pending.bytes >= PART_BYTES) return this.#committing
    return null
  }

  #flushNow(): void {
    this.#flushTimer = null
    this.#flushDue = true
    if (this.#committing === null && !this.#decoder.inTransaction) this.#flush()
  }

  #flush(): void {
    const { source, pending, state } = this.#options
    if (pending.count === 0 && !this.#tailOpen) return
    this.#cancelFlush()
    const position = this.#decoder.endPosition
    const progress = progressOf(source, this.#decoder.transaction, { ...state, position })
    const newestMs = pending.timeMicros / 1000
    const count = pending.count
    const set = this.#setOf(pending.take(), { ...(this.#tailOpen ? { show: [{ tail: transactionTail(source) }] } : {}), progress })
    this.#tailOpen = false
    this.#pendingSinceMs = null
    this.#commit(set, () => this.#saved(position, count, newestMs))
  }

  /** Part of a transaction whose end has not come yet: durable and unseen. */
  async #flushPart(): Promise<void> {
    const { source, pending, record } = this.#options
    if (this.#committing !== null) await this.#committing
    if (this.#failure !== null) throw this.#failure
    const count = pending.count
    if (count === 0) return
    this.#tailOpen = true
    const tail = transactionTail(source)
    const appends = pending.take().map((append) => ({ ...append, tail }))
    this.#commit(this.#setOf(appends, {}), () => {
      record.changes += count
    })
  }

  #setOf(appends: readonly Append[], rest: WriteSet): WriteSet {
    const streams = this.#definitions
    this.#definitions = []
    return { ...(streams.length === 0 ? {} : { streams }), ...(appends.length === 0 ? {} : { appends }), ...rest }
  }

  /** At most one commit is in flight, so that a refused one can never be followed by a later one. */
  #commit(set: WriteSet, saved: () => void): void {
    assert(this.#committing === null, 'one commit at a time')
    reach('capture.before-append')
    this.#committing = this.#options.writer.commit(set).then(
      () => {
        this.#committing = null
        reach('capture.before-acknowledge')
        saved()
        if (this.#flushDue && !this.#decoder.inTransaction) this.#flush()
      },
      (error: unknown) => {
        this.#committing = null
        this.#failure = error instanceof Error ? error : new Error(describeError(error))
        this.#raw.stop()
      },
    )
  }

  #saved(position: number, count: number, newestMs: number): void {
    const { record, clock } = this.#options
    record.changes += count
    record.lastChangeMs = clock.nowMs()
    record.lastLagMs = Math.max(0, record.lastChangeMs - newestMs)
    record.unsavedSinceMs = this.#pendingSinceMs
    this.#acknowledge(position)
  }

  #acknowledge(position: number): void {
    this.#position = position
    this.#quietPosition = Math.max(this.#quietPosition, position)
    this.#options.record.acknowledged = position
    this.#tellStatus(false)
  }

  /** Asks for a sign of life; a connection that gives none for too long is taken for lost, whatever TCP says. */
  #status(): void {
    const { clock, source, silenceMsMax } = this.#options
    const silentMs = this.#waitingSinceMs === null ? 0 : clock.monotonicMs() - this.#waitingSinceMs
    if (silentMs > silenceMsMax) {
      const what = `nothing was heard for ${Math.round(silentMs / 1000)} s`
      this.#failure ??= new MillraceError('CAPTURE_CONNECTION_LOST', { details: { source, what } })
      this.#raw.stop()
    }
    this.#tellStatus(true)
  }

  #tellStatus(replyWanted: boolean): void {
    this.#raw.send(statusUpdate(this.#position, this.#options.clock.nowMs(), replyWanted))
  }

  #keepalive(): void {
    const { buffer, start } = this.#frames
    const position = readPosition(buffer, start + 1)
    this.#options.record.serverPosition = position
    // Past changes that are not stored yet, the position is none of ours to acknowledge.
    if (this.#isIdle()) this.#quietPosition = Math.max(this.#quietPosition, position)
    const replyWanted = buffer[start + 17] === 1
    this.#storeQuietPosition(replyWanted)
    if (replyWanted) this.#tellStatus(false)
  }

  #isIdle(): boolean {
    return this.#committing === null && this.#options.pending.count === 0 && !this.#tailOpen && !this.#decoder.inTransaction
  }

  /** So that a quiet source beside busy neighbours does not hold back the server's log. */
  #storeQuietPosition(atOnce: boolean): void {
    const { source, clock, state } = this.#options
    const position = this.#quietPosition
    const nowMs = clock.monotonicMs()
    if (position <= this.#position || !this.#isIdle() || (!atOnce && nowMs - this.#quietCommitMs < QUIET_COMMIT_PAUSE_MS)) return
    this.#quietCommitMs = nowMs
    const progress = progressOf(source, this.#decoder.transaction, { ...state, position })
    this.#commit({ progress }, () => this.#acknowledge(position))
  }

  /** A heartbeat that came back through the slot proves that all of the way works. */
  #message(): void {
    const { message } = this.#decoder
    const { record, state, clock } = this.#options
    if (message === null) return
    const sentMs = heartbeatTime(message.content, state.slot)
    if (sentMs === null) return
    record.lastHeartbeatMs = clock.nowMs()
    record.heartbeatSentMs = null
    if (this.#isIdle()) record.lastLagMs = Math.max(0, record.lastHeartbeatMs - sentMs)
  }

  async #relation(): Promise<void> {
    const { relation } = this.#decoder
    assert(relation !== null, 'a relation message tells a relation')
    const { feed, definition } = await this.#options.bindRelation(relation, async () => {
      await this.#flushPart()
      if (this.#committing !== null) await this.#committing
    })
    if (definition !== null) this.#definitions.push(definition)
    feed?.tell(relation.columns.map(({ key }) => key))
    this.#decoder.bind(relation.oid, feed)
  }

  #control(): void {
    const { kind, buffer, start, end } = this.#frames
    const { source, record, replication } = this.#options
    if (kind === MESSAGE.COPY_BOTH) {
      record.phase = 'running'
      record.error = null
    } else if (kind === MESSAGE.ERROR) {
      const error = readServerError(buffer, start, end)
      throw slotError(error, this.#options) ?? sourceError(error, replication.address, 'connected')
    } else if (kind === MESSAGE.COPY_DONE || kind === MESSAGE.READY) {
      throw new MillraceError('CAPTURE_CONNECTION_LOST', { details: { source, what: 'the server ended the stream' } })
    }
  }

  #cancelFlush(): void {
    if (this.#flushTimer !== null) clearTimeout(this.#flushTimer)
    this.#flushTimer = null
    this.#flushDue = false
  }
}

/** What the server says about the slot when the stream is to start. */
function slotError(error: ServerError, { source, state }: StreamOptions): MillraceError | null {
  const { slot } = state
  if (error.code === '55006') {
    const pid = /PID (\d+)/.exec(error.message)?.[1]
    return new MillraceError('CAPTURE_SLOT_ACTIVE', { cause: error, details: { source, slot, pid: pid ?? 'unknown' } })
  }
  const isGone = error.code === '42704' || (error.code === '55000' && /slot/.test(error.message))
  if (!isGone) return null
  const details = { source, slot, position: positionToText(state.position), what: error.message, next: successorOf(slot) }
  return new MillraceError('CAPTURE_SLOT_LOST', { cause: error, details })
}
