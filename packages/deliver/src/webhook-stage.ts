/**
 * A webhook delivery as a running stage: every change of one stream is told to one endpoint.
 *
 * Guarantees. Each change at least once, under one id for ever (law 5); within a key in the order of the
 * commits, one at a time; different keys side by side. What was acknowledged and recorded is never sent
 * again; what was in flight when the process was killed is sent once more. A failing key holds up only
 * itself; a silent endpoint is probed, not stormed. Memory does not grow with the backlog (law 8).
 */
import { type Clock, MillraceError, type Random, systemClock, systemRandom } from '@millrace/base'
import type { CutSignal, LogReader, LogWriter, Stage, StageObservation, WebhookDelivery } from '@millrace/core'
import { type Door, resolveSecret } from '@millrace/guard'
import { Alarm } from './alarm.ts'
import { Backlog } from './backlog.ts'
import { CREATE_TABLES } from './control-tables.ts'
import { Courier } from './courier.ts'
import { type Destination, type ResolveSecret, resolveDestination } from './destination.ts'
import { Endpoint } from './endpoint.ts'
import { Latency } from './latency.ts'
import { DEFAULT_LIMITS, type DeliverLimits } from './limits.ts'
import { deliverySummary } from './queries.ts'
import { Recorder } from './recorder.ts'
import { registerStatement, restartStatements } from './records.ts'
import { enableDelivery, resendEvents, resendRows } from './resend.ts'
import { listedByPartition, nextAttemptSequence, savedPositions, waitingKeys } from './saved-state.ts'
import { Schedule } from './schedule.ts'
import { generateSecret } from './signature.ts'

export interface WebhookStageOptions {
  readonly name: string
  readonly config: WebhookDelivery
  /** Part of every event's identity: the store's own id. */
  readonly storeId: string
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly signal: CutSignal
  readonly door: Door
  readonly clock?: Clock
  readonly random?: Random
  readonly resolveSecret?: ResolveSecret
  readonly userAgent?: string
  readonly limits?: Partial<DeliverLimits>
}

export const USER_AGENT = 'millrace/0.1.0'

/** References are resolved anew so often, so that a rotated secret needs no restart; sooner after a failure. */
const RESOLVE_INTERVAL_MS = 30_000
const RESOLVE_RETRY_MS = 5000

interface Running {
  readonly backlog: Backlog
  readonly schedule: Schedule
  readonly recorder: Recorder
  readonly courier: Courier
  readonly hangUp: AbortController
}

export class WebhookStage implements Stage {
  readonly name: string
  readonly #options: WebhookStageOptions
  readonly #limits: DeliverLimits
  readonly #clock: Clock
  readonly #random: Random
  readonly #endpoint: Endpoint
  readonly #latency = new Latency()
  readonly #alarm: Alarm
  #running: Running | null = null
  #destination: Destination | null = null
  #resolveAtMs = 0
  #phase: 'starting' | 'running' | 'stopped' | 'failed' = 'starting'
  #disabled = false
  #parkedBefore = 0
  #error: MillraceError | null = null
  #failure: Error | null = null

  constructor(options: WebhookStageOptions) {
    this.name = options.name
    this.#options = options
    this.#limits = limitsOf(options)
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? systemRandom
    this.#endpoint = new Endpoint(this.#limits, this.#random)
    this.#alarm = new Alarm(this.#clock)
  }

  async run(signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#alarm.ring()
    signal.addEventListener('abort', wake, { once: true })
    this.#phase = 'starting'
    this.#failure = null
    this.#resolveAtMs = 0
    try {
      if (!(await this.#streamExists(signal))) return
      const running = await this.#open()
      this.#running = running
      const ended = new AbortController()
      const cuts = this.#followCuts(running.backlog, AbortSignal.any([signal, ended.signal]))
      try {
        await this.#work(running, signal)
      } finally {
        ended.abort(new Error('the delivery ended'))
        await this.#end(running)
        await cuts
      }
      this.#phase = 'stopped'
    } catch (error) {
      this.#phase = 'failed'
      if (error instanceof MillraceError) this.#error = error
      throw error
    } finally {
      this.#running = null
      signal.removeEventListener('abort', wake)
      this.#alarm.stop()
    }
  }

  /** Sends events once more under their old ids, after what is under way of their keys. Raises EVENT_UNKNOWN. */
  async resend(eventIds: readonly string[]): Promise<void> {
    const { name, reader, writer } = this.#options
    const request = { delivery: name, eventIds, attemptsLimit: this.#limits.attemptsLimit }
    const running = this.#running
    if (running === null) return void (await resendEvents(reader, writer, request))
    const rows = resendRows(reader, request)
    for (const row of rows) running.courier.sendAgain(row)
    await running.recorder.flush()
    this.#alarm.ring()
  }

  /** Ends the state that a 410 brought about: sending begins again with a probe. */
  async enable(): Promise<void> {
    await enableDelivery(this.#options.writer, this.name)
    this.#disabled = false
    this.#endpoint.reopen()
    this.#alarm.ring()
  }

  observe(): readonly StageObservation[] {
    const running = this.#running
    const unread = running === null ? null : unreadOrNull(running.backlog)
    const backlog = running === null || unread === null ? null : unread + running.backlog.openCount + running.backlog.listedCount
    const paused = this.#endpoint.paused(this.#clock.monotonicMs())
    const error = this.#errorNow()
    return [
      {
        kind: 'delivery',
        name: this.name,
        phase: this.#phaseNow(paused),
        changes: running?.courier.delivered ?? 0,
        lastChangeMs: running?.courier.lastDeliveredMs ?? null,
        lastContactMs: running?.courier.lastContactMs ?? null,
        lagMs: this.#lagMs(backlog),
        backlog,
        error,
        evidence: {
          endpoint: this.#destination?.label ?? null,
          inFlight: running?.courier.inFlight ?? 0,
          waiting: running?.backlog.listedCount ?? 0,
          retryingKeys: running?.schedule.blockedCount ?? 0,
          parked: this.#parkedBefore + (running?.courier.parked ?? 0),
          disabled: this.#disabled,
          paused,
          resumesInMs: paused ? Math.ceil(this.#endpoint.resumeMs - this.#clock.monotonicMs()) : null,
          lastStatus: running?.courier.lastStatus ?? null,
          replyP50Ms: rounded(this.#latency.quantile(0.5)),
          replyP99Ms: rounded(this.#latency.quantile(0.99)),
          skipped: running?.backlog.skippedCount ?? 0,
        },
      },
    ]
  }

  #phaseNow(paused: boolean): StageObservation['phase'] {
    if (this.#phase !== 'running') return this.#phase
    if (this.#disabled) return 'stopped'
    return paused || this.#destination === null ? 'retrying' : 'running'
  }

  #errorNow(): MillraceError | null {
    if (this.#disabled) return new MillraceError('DELIVERY_DISABLED', { details: { delivery: this.name } })
    return this.#error ?? this.#running?.courier.lastError ?? null
  }

  #lagMs(backlog: number | null): number | null {
    const oldestUs = this.#running?.schedule.oldestUs() ?? null
    if (oldestUs !== null) return Math.max(0, this.#clock.nowMs() - oldestUs / 1000)
    return backlog === 0 ? 0 : null
  }

  /** A model's stream appears with the model's first step. False where the run ended before. */
  async #streamExists(signal: AbortSignal): Promise<boolean> {
    const { reader, config, signal: cuts } = this.#options
    while (!signal.aborted) {
      const cut = reader.cut()
      if (reader.streams().some(({ name }) => name === config.from)) return true
      await cuts.after(cut, signal).catch(ignoreAbort(signal))
    }
    return false
  }

  async #open(): Promise<Running> {
    const { name, config, reader, writer, storeId, door } = this.#options
    const register = registerStatement(name, config.from, config.secret === undefined ? generateSecret() : null)
    await writer.commit({ control: [...CREATE_TABLES, register, ...restartStatements(name, config.from)] })
    const summary = deliverySummary(reader, name)
    this.#disabled = summary.disabledMs !== null
    this.#parkedBefore = summary.parked
    const saved = savedPositions(reader, name)
    const listed = listedByPartition(reader, name)
    const backlog = new Backlog({ reader, stream: config.from, storeId, limits: this.#limits, saved, listed })
    const schedule = this.#scheduleFrom(reader)
    const recorder = new Recorder({
      delivery: name,
      writer,
      backlog,
      clock: this.#clock,
      random: this.#random,
      attemptsKeptLimit: this.#limits.attemptsKeptLimit,
      sequence: nextAttemptSequence(reader, name),
      onFailure: (error) => this.#recordFailed(error),
      onRecorded: () => {
        this.#error = null
        this.#alarm.ring()
      },
    })
    const hangUp = new AbortController()
    const courier = new Courier({
      name,
      reader,
      door,
      backlog,
      schedule,
      recorder,
      clock: this.#clock,
      random: this.#random,
      limits: this.#limits,
      endpoint: this.#endpoint,
      latency: this.#latency,
      stream: config.from,
      userAgent: this.#options.userAgent ?? USER_AGENT,
      hangUp: hangUp.signal,
      onChange: () => this.#alarm.ring(),
      onGone: () => (this.#disabled = true),
      onFailure: (error) => this.#fail(error),
    })
    this.#phase = 'running'
    return { backlog, schedule, recorder, courier, hangUp }
  }

  /**
   * Keys that waited when the last run ended. Their times are wall times of another run: a clock that was
   * set back must not make them wait longer than was planned, so the planned delay is the most.
   */
  #scheduleFrom(reader: LogReader): Schedule {
    const schedule = new Schedule()
    for (const { key, events, oldestUs, dueMs, delayMs } of waitingKeys(reader, this.name)) {
      const lane = schedule.laneFor(key)
      lane.stored = events
      lane.storedOldestUs = oldestUs
      const remainingMs = Math.min(delayMs, dueMs - this.#clock.nowMs())
      if (remainingMs > 0) schedule.block(lane, this.#clock.monotonicMs() + remainingMs)
      else schedule.settle(lane)
    }
    return schedule
  }

  async #work({ courier }: Running, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#failure !== null) throw this.#failure
      if (this.#clock.monotonicMs() >= this.#resolveAtMs) await this.#resolve()
      const nextMs = this.#disabled || this.#destination === null ? null : courier.round(this.#destination)
      if (nextMs !== null && nextMs <= this.#clock.monotonicMs()) await turn()
      else await this.#alarm.wait(Math.min(nextMs ?? Infinity, this.#resolveAtMs))
    }
  }

  /** While references cannot be resolved, what they last stood for stays in use. */
  async #resolve(): Promise<void> {
    const { name, config, reader } = this.#options
    try {
      this.#destination = await resolveDestination({ name, config, reader, resolveSecret: this.#options.resolveSecret ?? resolveSecret })
      this.#error = null
      this.#resolveAtMs = this.#clock.monotonicMs() + RESOLVE_INTERVAL_MS
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      this.#error = error
      this.#resolveAtMs = this.#clock.monotonicMs() + RESOLVE_RETRY_MS
    }
  }

  async #followCuts(backlog: Backlog, signal: AbortSignal): Promise<void> {
    const { reader, signal: cuts } = this.#options
    let cut = reader.cut()
    while (!signal.aborted) {
      backlog.newCut(cut)
      this.#alarm.ring()
      cut = (await cuts.after(cut, signal).catch(ignoreAbort(signal))) ?? cut
    }
  }

  /** Lets what is in flight be answered, within the grace, and records it. */
  async #end({ courier, recorder, hangUp }: Running): Promise<void> {
    const graceEndMs = this.#clock.monotonicMs() + this.#limits.stopGraceMs
    while (courier.inFlight > 0 && this.#clock.monotonicMs() < graceEndMs) await this.#alarm.wait(graceEndMs)
    hangUp.abort(new Error('the delivery ended'))
    const giveUp = setTimeout(() => recorder.stop(), this.#limits.stopGraceMs)
    await recorder.flush()
    clearTimeout(giveUp)
  }

  #recordFailed(error: unknown): void {
    if (error instanceof MillraceError && error.retry === 'backoff') this.#error = error
    else this.#fail(error)
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error('the delivery failed', { cause: error })
    this.#alarm.ring()
  }
}

function limitsOf({ config, limits }: WebhookStageOptions): DeliverLimits {
  return {
    ...DEFAULT_LIMITS,
    ...limits,
    ...(config.concurrency === undefined ? {} : { concurrency: config.concurrency }),
    ...(config.timeoutMs === undefined ? {} : { timeoutMs: config.timeoutMs }),
    ...(config.attemptsLimit === undefined ? {} : { attemptsLimit: config.attemptsLimit }),
  }
}

function ignoreAbort(signal: AbortSignal): (error: unknown) => undefined {
  return (error) => {
    if (!signal.aborted) throw error
    return undefined
  }
}

/** The log is being read by an observer that must never fail: it then says that it does not know. */
function unreadOrNull(backlog: Backlog): number | null {
  try {
    return backlog.unreadCount()
  } catch {
    return null
  }
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
