/**
 * One commit in flight while the next step is computed: never more, because a set that is refused must
 * be written before those that follow it. A refusal that may pass is tried again, the same set, for ever.
 */
import { backoffMs, type Clock, MillraceError, type Random, reach } from '@millrace/base'
import type { Committed, LogWriter, WriteSet } from '@millrace/core'

const BACKOFF = { baseMs: 100, limitMs: 10_000, jitter: 0.2 }

export interface CommitLaneOptions {
  readonly writer: LogWriter
  readonly clock: Clock
  readonly random: Random
}

export class CommitLane {
  readonly #options: CommitLaneOptions
  readonly #broken = new AbortController()
  #inFlight: Promise<Committed | null> = Promise.resolve(null)
  /** A set is being written. */
  isBusy = false
  /** Why the present set is being tried again; null while all is well. */
  problem: MillraceError | null = null

  constructor(options: CommitLaneOptions) {
    this.#options = options
  }

  /** Aborts, with the error, once a set was refused for good: whoever sleeps must hear of it too. */
  get broken(): AbortSignal {
    return this.#broken.signal
  }

  /**
   * Waits for the set before, then hands this one over, also when the signal has aborted meanwhile: what is told in it
   * is part of what the runner holds from here on, and would otherwise be missing from what it saves at its end.
   */
  async push(set: WriteSet, signal: AbortSignal | null): Promise<void> {
    await this.settled()
    reach('live.before-commit')
    const attempt = this.#attempt(set, signal)
    this.isBusy = true
    attempt.then(
      () => (this.isBusy = false),
      (error: unknown) => this.#broken.abort(error),
    )
    this.#inFlight = attempt
  }

  /** Resolves when nothing is in flight; rejects with what a person must mend. */
  async settled(): Promise<void> {
    await this.#inFlight
  }

  async #attempt(set: WriteSet, signal: AbortSignal | null): Promise<Committed> {
    const { writer, clock, random } = this.#options
    for (let attempt = 0; ; attempt += 1) {
      try {
        const committed = await writer.commit(set)
        reach('live.after-commit')
        this.problem = null
        return committed
      } catch (error) {
        if (!(error instanceof MillraceError) || error.retry !== 'backoff' || signal === null) throw error
        this.problem = error
        await clock.sleep(backoffMs(random, { attempt, ...BACKOFF }), signal)
      }
    }
  }
}
