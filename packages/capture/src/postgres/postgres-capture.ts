/** Captures one Postgres database: the stage that the composition root runs. */
import { backoffMs, type Clock, MillraceError, type Random } from '@millrace/base'
import type { LogReader, LogWriter, PostgresSource, Stage, StageObservation } from '@millrace/core'
import { CaptureRecord } from './capture-record.ts'
import { runSession } from './capture-session.ts'
import { defaultSlotName } from './slot-name.ts'
import { sourceError } from './source-error.ts'

export interface PostgresCaptureOptions {
  readonly project: string
  readonly name: string
  readonly config: PostgresSource
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly clock: Clock
  readonly random: Random
  /** How many partitions a stream has; a key's changes stay in one of them, in order. */
  readonly partitionsOf: (stream: string) => number
  /** A server that is silent for longer, though asked for a sign of life, is taken for lost. Default two minutes. */
  readonly silenceMsMax?: number
}

/** Above the half of `wal_sender_timeout`, in which a busy server may well be silent. */
const SILENCE_MS_MAX = 120_000
const RETRY_BASE_MS = 200
const RETRY_LIMIT_MS = 30_000
const RETRY_JITTER = 0.3

export class PostgresCapture implements Stage {
  readonly name: string
  readonly #options: PostgresCaptureOptions
  readonly #record = new CaptureRecord()

  constructor(options: PostgresCaptureOptions) {
    const { name, project, config } = options
    this.name = name
    this.#options = options
    this.#record.slot = slotOf({ project, name, config })
    this.#record.publication = publicationOf({ project, name, config })
  }

  /** Begins again after whatever may pass by itself; rejects for what needs a person. */
  async run(signal: AbortSignal): Promise<void> {
    const record = this.#record
    let attempt = 0
    while (!signal.aborted) {
      try {
        await this.#session(signal)
      } catch (error) {
        if (signal.aborted) break
        if (record.phase === 'running') attempt = 0
        const problem = this.#problem(error)
        record.error = problem
        record.heartbeatSentMs = null
        record.unsavedSinceMs = null
        if (problem.retry !== 'backoff') {
          record.phase = 'failed'
          throw problem
        }
        record.phase = 'retrying'
        record.reconnects += 1
        const delayMs = backoffMs(this.#options.random, { attempt, baseMs: RETRY_BASE_MS, limitMs: RETRY_LIMIT_MS, jitter: RETRY_JITTER })
        attempt += 1
        await this.#options.clock.sleep(delayMs, signal).catch(() => undefined)
      }
    }
    record.phase = 'stopped'
  }

  observe(): readonly StageObservation[] {
    return [this.#record.observe(this.name, this.#options.clock)]
  }

  async #session(signal: AbortSignal): Promise<void> {
    const { name, config, silenceMsMax = SILENCE_MS_MAX, ...rest } = this.#options
    const { slot, publication } = this.#record
    await runSession({ ...rest, target: { name, config }, slot, publication, silenceMsMax, record: this.#record }, signal)
  }

  #problem(error: unknown): MillraceError {
    if (error instanceof MillraceError) return error
    // A defect must not pass for the network's, or it would be tried again for ever.
    if (!isOutside(error)) throw error
    return sourceError(error, { source: this.name, host: '', user: '', database: '' }, 'connected')
  }
}

/** From the network or the server: those carry a code. */
function isOutside(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && !error.code.startsWith('ERR_')
}

export interface SourceNames {
  readonly project: string
  readonly name: string
  readonly config: PostgresSource
}

export function slotOf({ project, name, config }: SourceNames): string {
  return config.slot ?? defaultSlotName(project, name)
}

export function publicationOf({ project, name, config }: SourceNames): string {
  return config.publication ?? slotOf({ project, name, config })
}
