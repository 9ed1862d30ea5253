/**
 * Follows the source's changes and brings them into the log.
 *
 *   socket ─ frames ─ decoder ─► pending changes ─ one commit at a time ─► log ─► acknowledgement
 *
 * While a commit is in flight the next changes are decoded, so a slow log makes larger commits and not
 * more of them. Only whole transactions become visible (law 3); what outgrows its share of memory goes in
 * parts that nobody sees before the end. A transaction that is still in progress at the source has a lane
 * of its own, and others pass it by. The server is told only of what is durable (law 2): a transaction in
 * progress ends after every position that is acknowledged, so the server sends it again from its start.
 */
import { assert } from '@millrace/base'
import type { Boundary, FillRouter } from './fill/fill-router.ts'
import { HEARTBEAT_PREFIX } from './heartbeat.ts'
import { ChangeDecoder, type Outcome, OUTCOME } from './pgoutput/decoder.ts'
import { heldBy, type Lane } from './pgoutput/lane.ts'
import { readPosition } from './position.ts'
import { progressOf } from './progress-state.ts'
import { Acknowledgement } from './stream/acknowledgement.ts'
import { Appointments } from './stream/appointments.ts'
import { hearHeartbeat, noteSaved } from './stream/note-evidence.ts'
import { FLUSH_BYTES, FLUSH_DELAY_MS, PART_BYTES, PAUSED_BYTES, LANES_MAX, HELD_RECORDS_MAX, STATUS_PAUSE_MS } from './stream/limits.ts'
import { NO_FILLS } from './stream/no-fills.ts'
import { Outbox } from './stream/outbox.ts'
import { connectionLost, readControl, startReplication } from './stream/start-replication.ts'
import type { StreamEnd, StreamOptions } from './stream/stream-options.ts'
import { ToldRelations } from './stream/told-relations.ts'
import { FrameReader } from './wire/frame-reader.ts'
import { RawConnection } from './wire/raw-connection.ts'
import { CHANGES, CHANGES_HEADER_BYTES, KEEPALIVE, MESSAGE } from './wire/server-message.ts'

export type { BoundRelation, StreamEnd, StreamOptions } from './stream/stream-options.ts'

export class ReplicationStream {
  readonly #options: StreamOptions
  readonly #raw: RawConnection
  readonly #frames = new FrameReader()
  readonly #decoder: ChangeDecoder
  readonly #outbox: Outbox
  readonly #told: Acknowledgement
  readonly #relations: ToldRelations
  readonly #fills: FillRouter
  /** Transactions in progress are sent. */
  readonly #isStreaming: boolean
  #failure: Error | null = null
  #isAgain = false
  #flushDue = false
  /** A commit is wanted even if nothing is pending. */
  #isNudged = false
  #flushTimer: NodeJS.Timeout | null = null
  /** Since when the reader waits for bytes; null while it works. */
  #waitingSinceMs: number | null = null
  /** Commit time of the oldest change that is pending. */
  #pendingSinceMs: number | null = null
  #newestMicros = 0
  readonly #appointments = new Appointments()
  /** Everything that was committed before it has come. */
  #passed: number

  constructor(options: StreamOptions) {
    const { source, replication, pending, transaction, state, record, fills = NO_FILLS, writer } = options
    this.#options = options
    this.#fills = fills
    this.#isStreaming = options.streaming.isOn(options.version)
    this.#raw = new RawConnection(replication)
    this.#decoder = new ChangeDecoder({ source, messagePrefix: HEARTBEAT_PREFIX, pending, afterTransaction: transaction })
    this.#outbox = new Outbox({
      source,
      writer,
      fills,
      progressAt: ({ position, transaction: last }) => progressOf(source, last, { ...state, position }),
      onSaved: (boundary, count) => this.#saved(boundary, count),
      onRefused: (error) => this.#refused(error),
    })
    this.#relations = new ToldRelations({
      source,
      decoder: this.#decoder,
      bindRelation: options.bindRelation,
      settle: () => this.#settle(),
      define: (definition) => this.#outbox.define(definition),
      fallBack: (xid, why) => this.#fallBack(xid, why),
    })
    this.#told = new Acknowledgement({ raw: this.#raw, clock: options.clock, record, position: state.position })
    this.#passed = state.position
    this.#decoder.endPosition = state.position
  }

  /** Everything that was committed before it is in the log. */
  get position(): number {
    return this.#told.position
  }

  /** Ends when the signal aborts; rejects when the connection is lost or the log refuses. */
  async run(signal: AbortSignal): Promise<StreamEnd> {
    const stop = (): void => this.#raw.stop()
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    const statusTimer = setInterval(() => this.#status(), STATUS_PAUSE_MS)
    try {
      const { state, version, record } = this.#options
      record.streaming = this.#isStreaming
      this.#raw.query(startReplication({ state, version, streaming: this.#isStreaming }))
      await this.#follow(signal)
    } finally {
      signal.removeEventListener('abort', stop)
      clearInterval(statusTimer)
      this.#cancelFlush()
      await this.#outbox.committing
      const left = this.#raw.finish()
      if (this.#isAgain) await left
    }
    return this.#isAgain && !signal.aborted ? 'again' : 'stopped'
  }

  /**
   * Runs `act` in the stream's order, between transactions that come whole, as soon as everything that the
   * source committed before the position is decoded.
   */
  at(position: number, act: () => void | Promise<void>): void {
    this.#appointments.make(position, act)
    this.#told.tell(true)
  }

  /** The next boundary is committed even if nothing is pending there; now, where the stream is quiet. */
  nudge(): void {
    this.#isNudged = true
    this.#flushNow()
  }

  #flushNow(): void {
    this.#flushTimer = null
    this.#flushDue = true
    if (this.#outbox.committing === null && !this.#decoder.inTransaction) this.#flush()
  }

  /** Binds a stream's tables anew, by what the server last said of them. To be called between transactions, as in `at`. */
  async rebind(stream: string): Promise<void> {
    await this.#relations.rebind(stream)
  }

  /** The hot loop: nothing in it waits or allocates, but for what `#after` asks for. */
  async #follow(signal: AbortSignal): Promise<void> {
    const frames = this.#frames
    const decoder = this.#decoder
    const { record, clock } = this.#options
    for (;;) {
      while (frames.next()) {
        if (frames.kind !== MESSAGE.COPY_DATA) readControl(frames, this.#options)
        else if (frames.buffer[frames.start] === CHANGES) {
          const outcome = decoder.decode(frames.buffer, frames.start + CHANGES_HEADER_BYTES, frames.end)
          if (outcome === OUTCOME.NONE && decoder.lane.pending.bytes < PART_BYTES) continue
          const wait = this.#after(outcome)
          if (wait !== null) await wait
          if (this.#isAgain) return
        } else if (frames.buffer[frames.start] === KEEPALIVE) {
          this.#keepalive()
          if (this.#appointments.isDue(this.#passed)) await this.#keepAppointments()
        }
      }
      this.#waitingSinceMs = clock.monotonicMs()
      const chunk = await this.#raw.read()
      this.#waitingSinceMs = null
      if (this.#failure !== null) throw this.#failure
      if (this.#isAgain) return
      if (chunk !== null) {
        record.lastContactMs = clock.nowMs()
        frames.push(chunk)
      } else if (signal.aborted) return
      else await this.#raw.lost()
    }
  }

  #after(outcome: Outcome): Promise<void> | null {
    switch (outcome) {
      case OUTCOME.COMMITTED:
        return this.#committed()
      case OUTCOME.RELATION:
        return this.#relations.told()
      case OUTCOME.STREAMED:
        return this.#streamed()
      case OUTCOME.ABORTED:
        return this.#aborted()
      case OUTCOME.PAUSED:
        return this.#paused()
      case OUTCOME.INDIVISIBLE:
        return this.#fallBack(this.#decoder.ended?.xid ?? 0, 'a part of it was undone after it had come')
      case OUTCOME.NONE:
        break
      case OUTCOME.MESSAGE:
        hearHeartbeat(this.#decoder.message, this.#options, this.#isIdle())
    }
    const { lane, inTransaction } = this.#decoder
    if (lane.pending.bytes < PART_BYTES || (lane.xid === 0 && !inTransaction)) return null
    if (lane.pending.heldCount > HELD_RECORDS_MAX)
      return this.#fallBack(lane.xid, `it has more than ${HELD_RECORDS_MAX} records to be parked`)
    return this.#flushPart(lane)
  }

  /** A whole transaction is pending. */
  #committed(): Promise<void> | null {
    const { record, streaming, version } = this.#options
    const { whole, endPosition, xid } = this.#decoder
    record.transactions += 1
    this.#passed = Math.max(this.#passed, endPosition)
    if (!this.#isStreaming && streaming.hasPassed(xid, this.#passed) && streaming.isOn(version)) return this.#streamAgain()
    if (whole.isEmpty() && !this.#outbox.hasReady()) {
      if (this.#outbox.committing === null) this.#told.quietAt(endPosition)
      return this.#afterBoundary(null)
    }
    return this.#afterBoundary(this.#due(whole.pending.timeMicros))
  }

  /** A transaction that was in progress was committed: it follows what came whole before its end. */
  #streamed(): Promise<void> | null {
    const { ended, origin } = this.#decoder
    assert(ended !== null, 'a transaction that ended has a lane')
    this.#options.record.transactions += 1
    return this.#release(ended, origin.timeMicros)
  }

  async #release(lane: Lane, timeMicros: number): Promise<void> {
    const { origin, whole } = this.#decoder
    this.#outbox.seal(whole, this.#boundary())
    while (!this.#outbox.mayShow(lane)) {
      await this.#written()
      this.#outbox.commitSealed()
    }
    // From here to the release nothing may wait: a commit in between would tell of a transaction that it lacks.
    const isEmpty = lane.isEmpty()
    this.#decoder.pass()
    this.#newestMicros = Math.max(this.#newestMicros, timeMicros)
    this.#outbox.release(lane, origin, this.#boundary())
    this.#passed = Math.max(this.#passed, this.#decoder.endPosition)
    await this.#relations.adopt(lane)
    if (!isEmpty || this.#outbox.hasReady()) await this.#due(timeMicros)
    else if (this.#outbox.committing === null) this.#told.quietAt(this.#decoder.endPosition)
    await this.#keepAppointments()
  }

  #aborted(): Promise<void> | null {
    const { ended } = this.#decoder
    assert(ended !== null, 'a transaction that ended has a lane')
    this.#outbox.discard(ended)
    if (ended.tails.size === 0) return this.#afterBoundary(null)
    return this.#afterBoundary(this.#due(this.#newestMicros))
  }

  /** The largest of those that wait for their next piece goes out of memory, where all of them keep too much. */
  async #paused(): Promise<void> {
    const { lanes } = this.#decoder
    const { largest, bytes } = heldBy(lanes.values())
    if (largest === null) return
    if (lanes.size > LANES_MAX) return this.#fallBack(largest.xid, `more than ${LANES_MAX} transactions were in progress`)
    if (bytes > PAUSED_BYTES) await this.#flushPart(largest)
  }

  /** A commit is due, at once or soon. Where one is in flight the next waits its turn, and reading waits once enough is decoded. */
  #due(timeMicros: number): Promise<void> | null {
    const { record } = this.#options
    this.#pendingSinceMs ??= timeMicros / 1000
    record.unsavedSinceMs ??= this.#pendingSinceMs
    const bytes = this.#decoder.whole.pending.bytes + this.#outbox.readyBytes
    if (!this.#flushDue && bytes < FLUSH_BYTES) {
      this.#flushTimer ??= setTimeout(() => this.#flushNow(), FLUSH_DELAY_MS)
      return null
    }
    this.#flushDue = true
    if (this.#outbox.committing === null) this.#flush()
    else if (bytes >= PART_BYTES) return this.#outbox.committing
    return null
  }

  /** Everything that is whole, in one set. */
  #flush(): void {
    const { whole } = this.#decoder
    const isNudged = this.#isNudged || this.#fills.isDue
    this.#cancelFlush()
    this.#isNudged = false
    const boundary = this.#boundary()
    this.#newestMicros = Math.max(this.#newestMicros, whole.isEmpty() ? 0 : whole.pending.timeMicros)
    this.#outbox.seal(whole, boundary)
    if (!this.#outbox.hasReady() && !isNudged) return
    this.#pendingSinceMs = null
    this.#outbox.commitReady(boundary)
  }

  #boundary(): Boundary {
    const { endPosition, transaction, whole } = this.#decoder
    const timeMicros = Math.max(this.#newestMicros, whole.pending.timeMicros)
    return { position: Math.max(endPosition, this.#isIdle() ? this.#told.quietPosition : 0), transaction, timeMicros }
  }

  /** Part of a transaction whose end has not come yet: durable and unseen. */
  async #flushPart(lane: Lane): Promise<void> {
    await this.#written()
    // What is whole was committed before, and must not stay behind.
    if (lane.xid === 0 && this.#outbox.hasReady()) {
      this.#outbox.commitSealed()
      await this.#written()
    }
    this.#outbox.commitPart(lane)
  }

  /** Until no commit is in flight. */
  async #written(): Promise<void> {
    while (this.#outbox.committing !== null) await this.#outbox.committing
    if (this.#failure !== null) throw this.#failure
  }

  /** All that is pending of whole transactions is in the log, the one at hand in parts. */
  async #settle(): Promise<void> {
    if (this.#decoder.inTransaction) await this.#flushPart(this.#decoder.whole)
    else {
      await this.#written()
      this.#flush()
    }
    await this.#written()
  }

  #saved(boundary: Boundary | null, count: number): void {
    noteSaved(this.#options, boundary, count)
    if (boundary !== null) {
      this.#options.record.unsavedSinceMs = this.#pendingSinceMs
      this.#told.durable(boundary.position)
    }
    if (this.#flushDue && !this.#decoder.inTransaction) this.#flush()
  }

  #refused(error: Error): void {
    this.#failure ??= error
    this.#raw.stop()
  }

  /** Asks for a sign of life; a connection that gives none for too long is taken for lost, whatever TCP says. */
  #status(): void {
    const { clock, source, silenceMsMax, streaming, query } = this.#options
    const silentMs = this.#waitingSinceMs === null ? 0 : clock.monotonicMs() - this.#waitingSinceMs
    if (silentMs > silenceMsMax) {
      this.#failure ??= connectionLost(source, `nothing was heard for ${Math.round(silentMs / 1000)} s`)
      this.#raw.stop()
    }
    // Who cannot ask waits for the transaction to be told; a lost connection is found by those who need it.
    if (!this.#isStreaming) streaming.look(query).catch(() => undefined)
    if (this.#fills.isDue) this.nudge()
    this.#told.tell(true)
  }

  #keepalive(): void {
    const { buffer, start } = this.#frames
    const position = readPosition(buffer, start + 1)
    this.#options.record.serverPosition = position
    this.#passed = Math.max(this.#passed, position)
    // Past changes that are not stored yet, the position is none of ours to acknowledge.
    if (this.#isIdle()) this.#told.quietAt(position)
    const replyWanted = buffer[start + 17] === 1
    if (this.#isIdle() && this.#told.isQuietDue(replyWanted)) this.#outbox.commitReady(this.#boundary())
    if (replyWanted) this.#told.tell(false)
  }

  /** Nothing that was committed at the source is on its way here. What is in progress was not. */
  #isIdle(): boolean {
    const { whole, inTransaction } = this.#decoder
    return !inTransaction && whole.isEmpty() && this.#outbox.isIdle()
  }

  /** Everything is read again from what is durable, and comes whole until that transaction ended. */
  async #fallBack(xid: number, why: string): Promise<void> {
    const { streaming, record } = this.#options
    streaming.fallBack(xid, why)
    record.streamingFallBacks = streaming.fallBacks
    this.#endForAnother()
  }

  /** What was in the way has passed. What is pending is written first: it need not come twice. */
  async #streamAgain(): Promise<void> {
    await this.#settle()
    this.#endForAnother()
  }

  #endForAnother(): void {
    this.#isAgain = true
    this.#raw.stop()
  }

  #afterBoundary(wait: Promise<void> | null): Promise<void> | null {
    if (!this.#appointments.isDue(this.#passed)) return wait
    return (wait ?? Promise.resolve()).then(() => this.#keepAppointments())
  }

  async #keepAppointments(): Promise<void> {
    const { inTransaction, lane, whole } = this.#decoder
    if (!inTransaction && lane === whole) await this.#appointments.keep(this.#passed)
  }

  #cancelFlush(): void {
    if (this.#flushTimer !== null) clearTimeout(this.#flushTimer)
    this.#flushTimer = null
    this.#flushDue = false
  }
}
