/** Captures one Postgres database: the stage that the composition root runs. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, MillraceError, type Random } from '@millrace/base'
import type { LogReader, LogWriter, PostgresSource, Stage, StageObservation } from '@millrace/core'
import type { Parking } from '../parking/parking.ts'
import { CaptureRecord } from './capture-record.ts'
import { type CaptureSession, runSession } from './capture-session.ts'
import type { BackfillRequest } from './fill/check-backfill.ts'
import type { FillState } from './fill/fill-progress.ts'
import { defaultSlotName } from './slot-name.ts'
import { sourceError } from './source-error.ts'
import { StreamingChoice } from './stream/streaming-choice.ts'
import { isOutside } from '../is-outside.ts'
import { runSessions, type Sessions } from '../run-sessions.ts'

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
  /** Where bad values are set aside; without it, one stops its source. */
  readonly parking?: Parking
  /** A folder of the source's own, for what need not be durable. Default: one of the system's. */
  readonly scratchFolder?: string
  /** How many blocks of a table are read at a time. */
  readonly chunkBlocks?: number
  /** After a kill, a table of which fewer chunks were read is begun anew. */
  readonly resumeChunksMin?: number
}

/** Above the half of `wal_sender_timeout`, in which a busy server may well be silent. */
const SILENCE_MS_MAX = 120_000
/** So long may a reference lag behind the password that the database knows. */
const ROTATION_MS_MAX = 300_000

export class PostgresCapture implements Stage {
  readonly name: string
  readonly #options: PostgresCaptureOptions
  readonly #record: CaptureRecord
  readonly #streaming: StreamingChoice
  #session: CaptureSession | null = null
  /** Since when the password is refused that was right before. */
  #refusedSinceMs: number | null = null
  /** Why the next session cannot go on from the slot. */
  #lost: MillraceError | null = null

  constructor(options: PostgresCaptureOptions) {
    const { name, project, config } = options
    this.name = name
    this.#options = options
    this.#record = new CaptureRecord(options.clock)
    this.#streaming = new StreamingChoice(options.clock)
    this.#record.slot = slotOf({ project, name, config })
    this.#record.publication = publicationOf({ project, name, config })
  }

  /** Begins again after whatever may pass by itself; rejects for what needs a person. */
  async run(signal: AbortSignal): Promise<void> {
    const record = this.#record
    const { clock, random } = this.#options
    const sessions: Sessions = {
      clock,
      random,
      record,
      session: (until) => this.#runSession(until),
      wasWell: () => record.phase === 'running',
      problemOf: (error) => this.#problem(error),
      mayPass: (problem) => this.#mayPass(problem),
      onFailure: (isRetried) => {
        record.heartbeatSentMs = null
        record.unsavedSinceMs = null
        if (isRetried) record.reconnects += 1
      },
    }
    await runSessions(sessions, signal)
  }

  /** Reads the rows of a table anew, all or those for which a condition is true. Resolves once that has begun. */
  async backfill(request: BackfillRequest): Promise<void> {
    if (this.#session === null) {
      const details = { source: this.name, stream: request.stream, what: 'the source is not connected' }
      throw new MillraceError('BACKFILL_REFUSED', { details })
    }
    await this.#session.backfill(request)
  }

  /** How far the fill of a stream is; null where there was none since the start. */
  fillOf(stream: string): FillState | null {
    return this.#record.fill.of(stream)
  }

  observe(): readonly StageObservation[] {
    return [this.#record.observe(this.name, this.#options.clock)]
  }

  async #runSession(signal: AbortSignal): Promise<void> {
    const { name, project, config, parking = null, silenceMsMax = SILENCE_MS_MAX, ...rest } = this.#options
    const { slot, publication } = this.#record
    parking?.load()
    try {
      await runSession(
        {
          scratchFolder: join(tmpdir(), `millrace-${project}-${name}`),
          ...rest,
          target: { name, config },
          slot,
          publication,
          parking,
          silenceMsMax,
          record: this.#record,
          streaming: this.#streaming,
          lost: this.#lost,
          onBegun: (session) => {
            this.#session = session
            this.#lost = null
            this.#refusedSinceMs = null
          },
        },
        signal,
      )
    } finally {
      this.#session = null
    }
  }

  /** A password behind a reference that was right before may be rotating just now (incident I17). */
  #mayRotate(): boolean {
    const { config, clock } = this.#options
    const isReferred = typeof config.url !== 'string' || config.password !== undefined
    if (!isReferred || this.#record.lastContactMs === null) return false
    this.#refusedSinceMs ??= clock.monotonicMs()
    return clock.monotonicMs() - this.#refusedSinceMs < ROTATION_MS_MAX
  }

  /** A lost slot passes by being made anew, unless a person wants to look first. */
  #mayPass(problem: MillraceError): boolean {
    if (problem.code === 'SOURCE_AUTHENTICATION') return this.#mayRotate()
    if (problem.code !== 'CAPTURE_SLOT_LOST') return problem.retry === 'backoff'
    if (this.#options.config.onSlotLost === 'stop') return false
    this.#lost = problem
    return true
  }

  #problem(error: unknown): MillraceError {
    if (error instanceof MillraceError) return error
    // A defect must not pass for the network's, or it would be tried again for ever.
    if (!isOutside(error)) throw error
    return sourceError(error, { source: this.name, host: '', user: '', database: '' }, 'connected')
  }
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
