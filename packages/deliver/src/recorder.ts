/**
 * Makes what happened durable, many events to a commit. One commit is under way at a time and takes all
 * that has gathered meanwhile, so that the batches grow with the load and a lone event waits for nobody.
 * What gathers is bounded by the window: an event stays open until it is recorded.
 */
import { backoffMs, type Clock, MillraceError, type Random, reach } from '@millrace/base'
import type { ControlStatement, LogWriter } from '@millrace/core'
import type { Backlog } from './backlog.ts'
import {
  type AttemptMade,
  attemptStatements,
  countStatement,
  type EventHead,
  forgetAttemptsStatement,
  type ListedEvent,
  listStatements,
  positionStatement,
  unlistStatement,
} from './records.ts'

/** What became of one event. */
export interface Outcome {
  readonly event: EventHead
  readonly attempt?: AttemptMade
  /** Its new row, or null to remove the one it has. */
  readonly row?: ListedEvent | null
  readonly statements?: readonly ControlStatement[]
  /** Called once it is durable. */
  readonly done?: () => void
}

export interface RecorderOptions {
  readonly delivery: string
  readonly writer: LogWriter
  readonly backlog: Backlog
  readonly clock: Clock
  readonly random: Random
  readonly attemptsKeptLimit: number
  /** The sequence of the next attempt. */
  readonly sequence: number
  /** A commit failed, and is tried again where that may help. */
  readonly onFailure: (error: unknown) => void
  readonly onRecorded: () => void
}

const OUTCOMES_PER_COMMIT = 512
/** Old attempts are forgotten in strides, not one by one. */
const FORGET_STRIDE = 1024

export class Recorder {
  readonly #options: RecorderOptions
  readonly #gathered: Outcome[] = []
  readonly #stopped = new AbortController()
  #sequence: number
  #forgotten: number
  #running: Promise<void> | null = null

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#sequence = options.sequence
    this.#forgotten = Math.max(0, options.sequence - options.attemptsKeptLimit - FORGET_STRIDE)
  }

  add(outcome: Outcome): void {
    this.#gathered.push(outcome)
    this.#running ??= this.#run()
  }

  /** Resolves once all that was added is durable. */
  async flush(): Promise<void> {
    while (this.#running !== null) await this.#running
  }

  /** Gives up a commit that keeps failing. */
  stop(): void {
    this.#stopped.abort(new Error('the delivery stops'))
  }

  async #run(): Promise<void> {
    try {
      while (this.#gathered.length > 0 && !this.#stopped.signal.aborted) {
        await gather()
        const outcomes = this.#gathered.splice(0, OUTCOMES_PER_COMMIT)
        await this.#commit(this.#statements(outcomes))
        for (const { done } of outcomes) done?.()
        this.#options.onRecorded()
      }
    } catch (error) {
      this.#options.onFailure(error)
    } finally {
      this.#running = null
    }
  }

  #statements(outcomes: readonly Outcome[]): ControlStatement[] {
    const { delivery, backlog, attemptsKeptLimit } = this.#options
    const attempts: AttemptMade[] = []
    const rows = new Map<string, { event: EventHead; row: ListedEvent | null }>()
    for (const { event, attempt, row } of outcomes) {
      backlog.settle(event)
      if (attempt !== undefined) attempts.push(attempt)
      if (row !== undefined) rows.set(`${event.partition}:${event.position}`, { event, row })
    }
    const sequence = this.#sequence
    this.#sequence += attempts.length
    const kept = this.#sequence - attemptsKeptLimit
    const forget = kept - this.#forgotten >= FORGET_STRIDE ? [forgetAttemptsStatement(delivery, kept)] : []
    if (forget.length > 0) this.#forgotten = kept
    return [
      ...attemptStatements(delivery, sequence, attempts),
      ...listStatements(
        delivery,
        [...rows.values()].flatMap(({ row }) => row ?? []),
      ),
      ...[...rows.values()].flatMap(({ event, row }) => (row === null ? [unlistStatement(delivery, event)] : [])),
      ...backlog.takePositions().map((position) => positionStatement(delivery, position)),
      ...(attempts.length === 0 ? [] : [countStatement(delivery, attempts.filter((made) => made.delivered).length, attempts.length)]),
      ...outcomes.flatMap(({ statements }) => statements ?? []),
      ...forget,
    ]
  }

  async #commit(control: readonly ControlStatement[]): Promise<void> {
    const { writer, clock, random } = this.#options
    for (let attempt = 0; ; attempt += 1) {
      try {
        reach('deliver.before-record')
        await writer.commit({ control })
        reach('deliver.after-record')
        return
      } catch (error) {
        if (!(error instanceof MillraceError) || error.retry !== 'backoff') throw error
        this.#options.onFailure(error)
        await clock.sleep(backoffMs(random, { attempt, baseMs: 100, limitMs: 5000, jitter: 0.2 }), this.#stopped.signal)
      }
    }
  }
}

/** One turn of the event loop: answers that arrived together are recorded together. */
function gather(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
