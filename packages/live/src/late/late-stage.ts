/**
 * Keeps what comes late: each late change of a stream with a watermark becomes a row of `NAME__late`. The models
 * decide by themselves what is late; both follow from the log alone (see `Watermark` in core), and so agree.
 *
 * The rows and the place up to which the stream was read are written in one commit. Where nothing was late there is
 * nothing to write: after a crash the stream is read again from the last place, and sorted as before.
 */
import { backoffMs, type Clock, MillraceError, type Random, systemClock, systemRandom } from '@millrace/base'
import {
  type CutSignal,
  lateStreamOf,
  type LogReader,
  type LogWriter,
  type SourceProgress,
  type Stage,
  type StageObservation,
  sameWatermark,
  type Watermark,
} from '@millrace/core'
import { LateFilter } from './late-filter.ts'
import { truncation } from '../output/truncation.ts'
import { asLateRows } from './late-stream.ts'

export interface LateStageOptions {
  readonly stream: string
  readonly watermark: Watermark
  readonly writer: LogWriter
  /** The stage's own: it closes it when it ends. */
  readonly reader: LogReader
  readonly signal: CutSignal
  readonly clock?: Clock
  readonly random?: Random
}

const RETRY = { baseMs: 500, limitMs: 60_000, jitter: 0.2 }
/** How much of the log is read at a time. */
const READ_BYTES_LIMIT = 4 * 1024 * 1024
/** Without a late row the place is written after so many cuts, so that a restart reads no more than these again. */
const UNSAVED_CUTS_LIMIT = 1000

interface LateState {
  readonly watermark: Watermark
  readonly newest: number | null
  readonly rows: number
}

export class LateStage implements Stage {
  readonly name: string
  readonly #options: Required<LateStageOptions>
  #filter: LateFilter
  #cut = 0
  #savedCut = 0
  /** Late rows since the first. */
  #rows = 0
  #rowsOfProcess = 0
  #lastLateMs: number | null = null
  #phase: StageObservation['phase'] = 'starting'
  #error: MillraceError | null = null
  /** It has read all that there is. */
  #isWaiting = false

  constructor({ clock = systemClock, random = systemRandom, ...options }: LateStageOptions) {
    this.#options = { clock, random, ...options }
    this.name = lateStreamOf(options.stream)
    this.#filter = new LateFilter(options.watermark, null)
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      for (let attempt = 0; !signal.aborted; attempt += 1) {
        try {
          await this.#start()
          while (!signal.aborted) attempt = (await this.#turn(signal)) ? 0 : attempt
        } catch (error) {
          if (signal.aborted) break
          if (!(error instanceof MillraceError) || error.retry !== 'backoff') throw error
          this.#error = error
          this.#phase = 'retrying'
          const { clock, random } = this.#options
          await clock.sleep(backoffMs(random, { attempt, ...RETRY }), signal).catch(() => undefined)
        }
      }
    } finally {
      this.#phase = this.#phase === 'running' ? 'stopped' : this.#phase
      this.#options.reader.close()
    }
  }

  observe(): readonly StageObservation[] {
    return [
      {
        kind: 'model',
        name: this.name,
        phase: this.#phase,
        changes: this.#rowsOfProcess,
        lastChangeMs: this.#lastLateMs,
        lastContactMs: this.#options.clock.nowMs(),
        lagMs: null,
        backlog: this.#isWaiting ? 0 : null,
        error: this.#error,
        evidence: { cut: this.#cut, lateRows: this.#rows, newest: this.#filter.newest, inputs: this.#options.stream },
      },
    ]
  }

  /** By another watermark than before other rows are late: all go, and the stream is read from its beginning. */
  async #start(): Promise<void> {
    const { reader, watermark, writer, clock } = this.#options
    const saved = reader.progress(this.#source)
    const state = saved?.state as LateState | undefined
    const isOther = state !== undefined && !sameWatermark(state.watermark, watermark)
    this.#cut = isOther ? 0 : (saved?.transaction ?? 0)
    this.#savedCut = this.#cut
    this.#rows = isOther ? 0 : (state?.rows ?? 0)
    this.#filter = new LateFilter(watermark, isOther ? null : (state?.newest ?? null))
    if (isOther) {
      const origin = { asOf: reader.cut(), timeMicros: Math.round(clock.nowMs() * 1000) }
      const batch = truncation(reader.stream(this.name).schema, origin)
      await writer.commit({ appends: [{ stream: this.name, partition: 0, batch }], progress: this.#progress(0, 0) })
    }
    this.#phase = 'running'
    this.#error = null
  }

  /** True where there was anything to read. */
  async #turn(signal: AbortSignal): Promise<boolean> {
    const { reader, stream, signal: cuts } = this.#options
    const newestCut = reader.cut()
    if (newestCut <= this.#cut) {
      this.#isWaiting = true
      await cuts.after(this.#cut, signal)
      this.#isWaiting = false
      return false
    }
    const range = reader.readCuts([stream], { afterCut: this.#cut, untilCut: newestCut, bytesLimit: READ_BYTES_LIMIT })
    const { late } = this.#filter.sort(range.batches.map((stored) => ({ cut: stored.cut, batch: stored.batch() })))
    const rows = late.reduce((sum, { count }) => sum + count, 0)
    const { untilCut } = range
    if (rows > 0 || untilCut - this.#savedCut >= UNSAVED_CUTS_LIMIT) {
      const appends = late.map((batch) => ({ stream: this.name, partition: 0, batch: asLateRows(batch) }))
      await this.#options.writer.commit({ appends, progress: this.#progress(untilCut, this.#rows + rows) })
      this.#savedCut = untilCut
    }
    this.#cut = untilCut
    this.#rows += rows
    this.#rowsOfProcess += rows
    if (rows > 0) this.#lastLateMs = this.#options.clock.nowMs()
    await new Promise((resolve) => setImmediate(resolve))
    return true
  }

  get #source(): string {
    return `late:${this.#options.stream}`
  }

  #progress(cut: number, rows: number): SourceProgress {
    const { watermark } = this.#options
    return { source: this.#source, transaction: cut, state: { watermark, newest: this.#filter.newest, rows } satisfies LateState }
  }
}
