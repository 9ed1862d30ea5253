/** Captures one database of MySQL or MariaDB: the stage that the composition root runs. */
import { type Clock, MillraceError, type Random } from '@millrace/base'
import type { LogReader, LogWriter, MysqlSource, Stage, StageObservation } from '@millrace/core'
import { CaptureRecord } from './capture-record.ts'
import { runSession } from './capture-session.ts'
import { IncompleteGroup } from './incomplete-group.ts'
import { ProofGone } from './proof-gone.ts'
import { serverIdOf } from './server-id.ts'
import { sourceError } from './source-error.ts'
import { isOutside } from '../is-outside.ts'
import { runSessions, type Sessions } from '../run-sessions.ts'

export interface MysqlCaptureOptions {
  readonly project: string
  readonly name: string
  readonly config: MysqlSource
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly clock: Clock
  readonly random: Random
  /** How many partitions a stream has; a key's changes stay in one of them, in order. */
  readonly partitionsOf: (stream: string) => number
  /** A server that is silent for longer, though it promised heartbeats every two seconds, is taken for lost. */
  readonly silenceMsMax?: number
}

const SILENCE_MS_MAX = 60_000
/** Groups without an end are rare: one for each crash of the server. */
const INCOMPLETE_MAX = 1000

export class MysqlCapture implements Stage {
  readonly name: string
  readonly #options: MysqlCaptureOptions
  readonly #record = new CaptureRecord()
  readonly #incomplete = new Set<string>()
  #isRebuild = false
  #isProofGone = false

  constructor(options: MysqlCaptureOptions) {
    this.name = options.name
    this.#options = options
  }

  /** Begins again after whatever may pass by itself; rejects for what needs a person. */
  async run(signal: AbortSignal): Promise<void> {
    const record = this.#record
    const { clock, random } = this.#options
    const sessions: Sessions = {
      clock,
      random,
      record,
      session: (until) => this.#session(until),
      wasWell: () => record.phase === 'running',
      isMended: (error) => this.#isMended(error),
      problemOf: (error) => this.#problem(error),
      onFailure: (isRetried) => {
        record.unsavedSinceMs = null
        if (isRetried) record.reconnects += 1
      },
    }
    await runSessions(sessions, signal)
  }

  observe(): readonly StageObservation[] {
    return [this.#record.observe(this.name, this.#options.clock)]
  }

  async #session(signal: AbortSignal): Promise<void> {
    const { name, config, silenceMsMax = SILENCE_MS_MAX, ...rest } = this.#options
    const [isRebuild, isProofGone] = [this.#isRebuild, this.#isProofGone]
    this.#isProofGone = false
    this.#record.phase = 'starting'
    const before = this.#options.reader.progress(name)?.transaction
    try {
      const serverId = serverIdOf(this.#options)
      await runSession(
        {
          ...rest,
          target: { name, config },
          serverId,
          silenceMsMax,
          record: this.#record,
          incomplete: this.#incomplete,
          isRebuild,
          isProofGone,
        },
        signal,
      )
    } finally {
      // A snapshot that was finished is not taken again, whatever ended the stream after it.
      if (this.#options.reader.progress(name)?.transaction !== before) this.#isRebuild = false
    }
  }

  /** What the next session does otherwise, at once. */
  #isMended(error: unknown): boolean {
    if (error instanceof IncompleteGroup && this.#incomplete.size < INCOMPLETE_MAX) this.#incomplete.add(error.place)
    else if (error instanceof ProofGone) this.#isProofGone = true
    else if (error instanceof MillraceError && error.code === 'CAPTURE_BINLOG_LOST' && this.#options.config.whenLost === 'rebuild') {
      this.#record.error = error
      this.#record.rebuilds += 1
      this.#isRebuild = true
    } else return false
    return true
  }

  #problem(error: unknown): MillraceError {
    if (error instanceof MillraceError) return error
    // A defect must not pass for the network's, or it would be tried again for ever.
    if (!isOutside(error)) throw error
    return sourceError(error, { source: this.name, host: '', user: '', database: '' }, 'connected')
  }
}
