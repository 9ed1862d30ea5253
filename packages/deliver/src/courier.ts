/**
 * Carries the events of one delivery, from the log to the endpoint and back into the record.
 *
 * Laws kept here. An event's first bytes leave only after everything earlier of its key is recorded, so
 * a receiver sees each key in the order of its commits, and after a crash at most what was in flight
 * comes a second time, under the same id. An event that is parked lets the next of its key go on; it is
 * listed, and can be sent again. Every attempt is recorded, also one that never reached the network.
 */
import { assert, backoffMs, type Clock, describeError, MillraceError, type Random, reach } from '@millrace/base'
import type { LogReader } from '@millrace/core'
import type { Door, DoorResponse } from '@millrace/guard'
import type { Backlog } from './backlog.ts'
import type { Destination } from './destination.ts'
import type { Endpoint } from './endpoint.ts'
import { eventBody } from './event-body.ts'
import { type Judgement, judgementOf } from './judgement.ts'
import type { Latency } from './latency.ts'
import type { DeliverLimits } from './limits.ts'
import type { OutEvent } from './out-event.ts'
import type { Recorder } from './recorder.ts'
import { type AttemptMade, disableStatement, type ListedEvent } from './records.ts'
import type { ResendRow } from './resend.ts'
import { retryAfterMs } from './retry-after.ts'
import { waitingOfKey } from './saved-state.ts'
import type { Lane, Schedule } from './schedule.ts'
import { signatureOf } from './signature.ts'
import { traceparentOf } from './trace-context.ts'

export interface CourierOptions {
  readonly name: string
  readonly stream: string
  readonly userAgent: string
  readonly reader: LogReader
  readonly door: Door
  readonly clock: Clock
  readonly random: Random
  readonly limits: DeliverLimits
  readonly backlog: Backlog
  readonly schedule: Schedule
  readonly endpoint: Endpoint
  readonly latency: Latency
  readonly recorder: Recorder
  /** Aborts requests that are in flight when the grace at the end of a run is over. */
  readonly hangUp: AbortSignal
  readonly onChange: () => void
  readonly onGone: () => void
  /** Something that is not the endpoint's doing: the stage ends with it. */
  readonly onFailure: (error: unknown) => void
}

/** What an attempt came to. */
interface Answer {
  readonly response: DoorResponse | null
  readonly error: MillraceError | null
  readonly startedMs: number
  readonly tookMs: number
}

/** Events read for one round, so that a large backlog does not hold up the event loop. */
const READS_PER_ROUND = 256
/** Answers that may wait for their record, for each request that may be in flight; then sending waits for the disk. */
const UNRECORDED_PER_REQUEST = 4
/** Rows of one key that are taken from the table at a time. */
const RECALLS_LIMIT = 32
/** The n-th retry comes 3ⁿ × the base later; `backoffMs` doubles. */
const DOUBLINGS_PER_RETRY = Math.log2(3)

export class Courier {
  readonly #options: CourierOptions
  #inFlight = 0
  /** Sent, and what came of it not yet durable: what a kill would send a second time. */
  #unrecorded = 0
  #delivered = 0
  #parked = 0
  #lastDeliveredMs: number | null = null
  #lastContactMs: number | null = null
  #lastStatus: number | null = null
  #lastError: MillraceError | null = null

  constructor(options: CourierOptions) {
    this.#options = options
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get delivered(): number {
    return this.#delivered
  }

  get parked(): number {
    return this.#parked
  }

  get lastDeliveredMs(): number | null {
    return this.#lastDeliveredMs
  }

  get lastContactMs(): number | null {
    return this.#lastContactMs
  }

  get lastStatus(): number | null {
    return this.#lastStatus
  }

  /** The last failure since the last success. */
  get lastError(): MillraceError | null {
    return this.#lastError
  }

  /** Sends what may be sent now. Returns the monotonic time at which to ask again at the latest; null: on a change. */
  round(destination: Destination): number | null {
    const { clock, schedule, endpoint, limits } = this.#options
    const nowMs = clock.monotonicMs()
    schedule.wake(nowMs)
    const allowed = Math.min(limits.concurrency, endpoint.allowed(nowMs))
    if (allowed === 0) return endpoint.resumeMs
    const more = this.#readAhead()
    while (this.#inFlight < allowed && this.#unrecorded < limits.concurrency * UNRECORDED_PER_REQUEST) {
      const lane = schedule.take(allowed < limits.concurrency)
      if (lane === null) break
      const event = this.#firstOf(lane)
      if (event === null) schedule.settle(lane)
      else this.#carry(destination, lane, event).catch(this.#options.onFailure)
    }
    return more ? nowMs : schedule.firstDueMs
  }

  /** Makes an event wait for its turn again. */
  sendAgain(row: ResendRow): void {
    const { recorder, backlog, schedule } = this.#options
    const lane = schedule.laneFor(row.key)
    schedule.storing(lane, 1, row.committedUs)
    backlog.list(row, 1)
    if (row.wasParked) this.#parked -= 1
    recorder.add({ event: row, row, done: () => schedule.storing(lane, -1, row.committedUs) })
  }

  /** Reads until enough keys are ready. True where it stopped only to let others run. */
  #readAhead(): boolean {
    const { backlog, schedule, limits } = this.#options
    for (let reads = 0; reads < READS_PER_ROUND; reads += 1) {
      if (schedule.readyCount >= limits.concurrency) return false
      if (schedule.laneCount - schedule.readyCount >= limits.waitingKeysLimit + limits.concurrency) return false
      const event = backlog.next()
      if (event === null) return false
      if (!schedule.admit(event)) this.#spill(event)
      const straggler = backlog.straggler()
      if (straggler !== null) this.#listStraggler(straggler)
    }
    return true
  }

  /** The lane's first event: from memory, or from the table where it waited. */
  #firstOf(lane: Lane): OutEvent | null {
    if (lane.queue.length === 0 && lane.stored > 0) {
      const { reader, backlog, name } = this.#options
      const listed = waitingOfKey(reader, name, lane.key, RECALLS_LIMIT)
      lane.stored = listed.length < RECALLS_LIMIT ? 0 : Math.max(0, lane.stored - listed.length)
      lane.storedOldestUs = listed.at(-1)?.committedUs ?? 0
      lane.queue.push(...listed.map((row) => backlog.recall(row)))
    }
    return lane.queue[0] ?? null
  }

  async #carry(destination: Destination, lane: Lane, event: OutEvent): Promise<void> {
    const { clock, hangUp } = this.#options
    const startedMs = clock.nowMs()
    const began = clock.monotonicMs()
    this.#inFlight += 1
    this.#unrecorded += 1
    let response: DoorResponse | null = null
    let error: MillraceError | null = null
    try {
      response = await this.#send(destination, event, startedMs)
    } catch (cause) {
      if (hangUp.aborted) return
      if (!(cause instanceof MillraceError) || cause.code.startsWith('STORE_')) throw cause
      error = cause
    } finally {
      this.#inFlight -= 1
    }
    this.#judge(lane, event, { response, error, startedMs, tookMs: response?.ms ?? clock.monotonicMs() - began })
    this.#options.onChange()
  }

  #send(destination: Destination, event: OutEvent, startedMs: number): Promise<DoorResponse> {
    const { userAgent, door, limits, hangUp } = this.#options
    const { body, traceparent } = this.#written(event)
    const timestampSeconds = Math.floor(startedMs / 1000)
    reach('deliver.before-send')
    return door.send({
      url: destination.url,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': userAgent,
        'webhook-id': event.eventId,
        'webhook-timestamp': String(timestampSeconds),
        'webhook-signature': signatureOf(destination.keys, { id: event.eventId, timestampSeconds, body }),
        traceparent,
      },
      body,
      timeoutMs: limits.timeoutMs,
      signal: hangUp,
    })
  }

  /** The event in words. Raises what parks it: the log no longer has it, or it is too large to send. */
  #written(event: OutEvent): { readonly body: string; readonly traceparent: string } {
    const { stream, backlog, limits } = this.#options
    const { batch: opened, row } = backlog.content(event)
    const { stored, batch } = opened
    const { partition, position, eventId } = event
    const body = eventBody(batch, row, { id: eventId, stream, partition, position, asOf: stored.asOf ?? stored.cut })
    const bytes = Buffer.byteLength(body)
    if (bytes > limits.bodyBytesLimit) {
      throw new MillraceError('DELIVERY_EVENT_TOO_LARGE', { details: { stream, partition, position, bytes, limit: limits.bodyBytesLimit } })
    }
    const identity = { source: stream, transaction: batch.transactions[row] as number, index: batch.indexes[row] as number }
    return { body, traceparent: traceparentOf(identity, eventId, event.attempts + 1) }
  }

  #judge(lane: Lane, event: OutEvent, answer: Answer): void {
    const { backlog, endpoint, clock, latency } = this.#options
    backlog.release(event)
    event.attempts += 1
    event.recording = true
    if (answer.error?.retry === 'never') return this.#park(lane, event, answer)

    const judgement = judgementOf(answer.response ?? (answer.error as MillraceError))
    const asked = answer.response === null ? null : retryAfterMs(answer.response.headers, clock.nowMs())
    endpoint.record(judgement, clock.monotonicMs(), asked)
    if (answer.response !== null) {
      this.#lastContactMs = clock.nowMs()
      this.#lastStatus = answer.response.status
      latency.add(answer.tookMs)
    }
    if (judgement === 'delivered') return this.#deliver(lane, event, answer)
    this.#lastError = this.#errorOf(answer)
    // What did not leave this machine does not count towards the limit.
    if (answer.error !== null && (answer.error.retry === 'after-fix' || answer.error.code === 'DOOR_BUSY')) event.attemptsLimit += 1
    if (judgement !== 'gone' && event.attempts >= event.attemptsLimit) return this.#park(lane, event, answer)
    this.#retry(lane, event, { answer, judgement, asked })
  }

  #deliver(lane: Lane, event: OutEvent, answer: Answer): void {
    const { recorder, backlog, clock } = this.#options
    this.#lastError = null
    recorder.add({
      event,
      attempt: this.#attempt(event, answer, true),
      ...(event.listed ? { row: null } : {}),
      done: () => {
        this.#unrecorded -= 1
        if (event.listed) backlog.list(event, -1)
        this.#delivered += 1
        this.#lastDeliveredMs = clock.nowMs()
        this.#pass(lane, event)
      },
    })
  }

  #park(lane: Lane, event: OutEvent, answer: Answer): void {
    const { recorder, backlog } = this.#options
    recorder.add({
      event,
      attempt: this.#attempt(event, answer, false),
      row: this.#row(event, 'parked', answer),
      done: () => {
        this.#unrecorded -= 1
        if (event.listed) backlog.list(event, -1)
        this.#parked += 1
        this.#pass(lane, event)
      },
    })
  }

  /** The event is through, for good or for a person: the next of its key may go. */
  #pass(lane: Lane, event: OutEvent): void {
    const { backlog, schedule } = this.#options
    assert(lane.queue[0] === event, 'a lane is at work on its first event')
    lane.queue.shift()
    backlog.pass(event)
    schedule.settle(lane)
  }

  #retry(lane: Lane, event: OutEvent, { answer, judgement, asked }: { answer: Answer; judgement: Judgement; asked: number | null }): void {
    const { recorder, backlog, schedule, clock, random, limits, name, onGone } = this.#options
    const attempt = (event.attempts - 1) * DOUBLINGS_PER_RETRY
    const ownMs = backoffMs(random, { attempt, baseMs: limits.retryBaseMs, limitMs: limits.retryLimitMs, jitter: 0.2 })
    const delayMs = judgement === 'gone' ? 0 : Math.max(ownMs, asked ?? 0)
    const dueMs = clock.monotonicMs() + delayMs
    if (judgement === 'gone') onGone()
    if (!event.listed) backlog.list(event, 1)
    event.listed = true
    recorder.add({
      event,
      attempt: this.#attempt(event, answer, false),
      row: this.#row(event, 'retrying', answer, delayMs),
      ...(judgement === 'gone' ? { statements: [disableStatement(name, clock.nowMs())] } : {}),
      done: () => {
        this.#unrecorded -= 1
        event.recording = false
        schedule.block(lane, dueMs)
        for (const behind of lane.queue.splice(1)) this.#spill(behind)
      },
    })
  }

  /** Gives a waiting event a row of its own, so that it waits in the table and the window moves on. */
  #spill(event: OutEvent): void {
    const { recorder, backlog, schedule } = this.#options
    const lane = schedule.laneFor(event.key)
    backlog.release(event)
    schedule.storing(lane, 1, event.committedUs)
    if (event.listed) return schedule.storing(lane, -1, event.committedUs)
    event.listed = true
    backlog.list(event, 1)
    recorder.add({ event, row: this.#row(event, 'waiting'), done: () => schedule.storing(lane, -1, event.committedUs) })
  }

  /** One slow request must not keep in the window all that was read after it; what waits behind it goes to the table. */
  #listStraggler(event: OutEvent): void {
    const { recorder, backlog, schedule } = this.#options
    if (!event.listed) {
      event.listed = true
      backlog.list(event, 1)
      recorder.add({ event, row: this.#row(event, 'waiting') })
    }
    for (const behind of schedule.lane(event.key)?.queue.splice(1) ?? []) this.#spill(behind)
  }

  #attempt(event: OutEvent, answer: Answer, delivered: boolean): AttemptMade {
    const { partition, position, eventId, key, operation, committedUs } = event
    const { response, startedMs, tookMs } = answer
    const text = response?.bodyStart.slice(0, this.#options.limits.responseTextLimit) ?? ''
    return {
      partition,
      position,
      eventId,
      key,
      operation,
      committedUs,
      attempt: event.attempts,
      startedMs,
      tookMs,
      delivered,
      answer: response?.status ?? null,
      error: delivered ? null : describeError(this.#errorOf(answer)),
      response: text === '' ? null : text,
    }
  }

  #row(event: OutEvent, status: ListedEvent['status'], answer: Answer | null = null, delayMs = 0): ListedEvent {
    const { partition, position, eventId, key, operation, committedUs, barrier, attempts, attemptsLimit } = event
    return {
      partition,
      position,
      eventId,
      key,
      operation,
      committedUs,
      barrier,
      status,
      attempts,
      attemptsLimit,
      delayMs,
      dueMs: this.#options.clock.nowMs() + delayMs,
      answer: answer?.response?.status ?? null,
      error: answer === null ? null : describeError(this.#errorOf(answer)),
    }
  }

  #errorOf({ response, error }: Answer): MillraceError {
    return error ?? new MillraceError('DELIVERY_STATUS', { details: { delivery: this.#options.name, status: response?.status ?? null } })
  }
}
