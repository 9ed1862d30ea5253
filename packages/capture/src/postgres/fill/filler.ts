/**
 * Reads the tables that are to be filled, beside the stream: attempt after attempt, each under one exact
 * snapshot, until every chunk of every table is durable. An attempt that fails costs what it had not
 * finished; the stream does not notice.
 */
import { assert, backoffMs, type Clock, describeError, MillraceError, type Random } from '@millrace/base'
import type { LogReader, LogWriter } from '@millrace/core'
import type { Parking } from '../../parking/parking.ts'
import type { CaptureRecord } from '../capture-record.ts'
import { connect, type Connection, type SourceTarget } from '../connect.ts'
import { readForms } from '../binary/column-format.ts'
import type { Table } from '../catalog/table.ts'
import { openSnapshot } from '../snapshot/open-snapshot.ts'
import type { ActiveFill } from './active-fill.ts'
import { CHUNK_BLOCKS, IndexRange, isSeekable, planChunks } from './chunk-plan.ts'
import { type ChunkDone, readChunks } from './fill-header.ts'
import { FillAttempt, type TableWork } from './fill-attempt.ts'
import type { Fills } from './fills.ts'
import { type ExactSnapshot, makeSnapshot } from './snapshot-slot.ts'
import { Throttle } from './throttle.ts'

export interface FillerOptions {
  readonly target: SourceTarget
  readonly slot: string
  readonly control: Connection
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly clock: Clock
  readonly random: Random
  readonly record: CaptureRecord
  readonly parking: Parking | null
  readonly fills: Fills
  readonly offset: number
  readonly scratchFolder: string
  readonly partitionsOf: (stream: string) => number
  /** The table as its fill is to have it; null where it is no longer wanted. */
  readonly tableOf: (stream: string) => Table | null
  /** A chunk met another table than was expected. */
  readonly onSuspect: (stream: string, why: string) => void
  /** Has the stream commit at its next boundary. */
  readonly nudge: () => void
  readonly chunkBlocks?: number
  readonly resumeChunksMin?: number
}

const CONNECTIONS_DEFAULT = 2
const RETRY_BASE_MS = 100
const RETRY_LIMIT_MS = 30_000
const RETRY_JITTER = 0.3
const IDLE_PAUSE_MS = 500

/**
 * With fewer chunks a table is begun anew: then each row shows once, as one snapshot had it. Where more were
 * read, a row that changed between two snapshots may be told by both.
 */
const RESUME_CHUNKS_MIN = 32

/** The table is not what its fill was made for. */
const SHAPE_CODES = new Set(['42703', '42P01', '42804'])

export class Filler {
  readonly #options: FillerOptions
  readonly #throttle: Throttle
  #wake: (() => void) | null = null

  constructor(options: FillerOptions) {
    this.#options = options
    this.#throttle = new Throttle(options.clock, options.target.config.snapshot?.rowsPerSecondMax ?? Infinity)
  }

  /** There is something new to fill. */
  wake(): void {
    this.#wake?.()
  }

  /** `first`: a snapshot that is there already, of the slot itself. Resolves when the signal aborts. */
  async run(signal: AbortSignal, first: ExactSnapshot | null): Promise<void> {
    const { clock, random, record } = this.#options
    let snapshot = first
    let attempt = 0
    signal.addEventListener('abort', () => this.wake(), { once: true })
    while (!signal.aborted) {
      const wanted = this.#wanted()
      if (wanted.length === 0) {
        // The stream waits for whoever could still take it over.
        snapshot?.close()
        snapshot = null
        await this.#rest()
        continue
      }
      try {
        await this.#attempt(wanted, snapshot, signal)
        attempt = 0
        record.fill.error = null
      } catch (error) {
        if (signal.aborted) break
        record.fill.error = describeError(error)
        attempt += 1
        const delayMs = backoffMs(random, { attempt, baseMs: RETRY_BASE_MS, limitMs: RETRY_LIMIT_MS, jitter: RETRY_JITTER })
        await clock.sleep(delayMs, signal).catch(() => undefined)
      } finally {
        snapshot?.close()
        snapshot = null
      }
    }
    snapshot?.close()
  }

  #wanted(): ActiveFill[] {
    const { fills, tableOf } = this.#options
    for (const fill of fills.active) if (tableOf(fill.stream) === null) fills.forget(fill)
    return fills.active.filter(({ isReady, spoilt }) => !isReady || spoilt !== null)
  }

  async #rest(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, IDLE_PAUSE_MS)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = null
  }

  async #attempt(wanted: readonly ActiveFill[], first: ExactSnapshot | null, signal: AbortSignal): Promise<void> {
    const { target, slot, control, fills, record, tableOf, resumeChunksMin = RESUME_CHUNKS_MIN } = this.#options
    for (const fill of wanted) {
      const { header, spoilt } = fill
      // Rows of two snapshots can only be put together where a key tells which are the same.
      const isPoor = header.doubtful === null || !isSeekable(tableOf(fill.stream)) || this.#done(fill).length < resumeChunksMin
      if (spoilt === 'anew' || (header.era > 0 && isPoor)) fills.beginAnew(fill)
      fill.spoilt = null
      fill.isReady = false
      // Until its rows have their place: the stream may well be running before that.
      fill.isOpening = true
      if (record.fill.of(fill.stream)?.ended !== false) record.fill.begin(fill.stream, header.mode)
    }
    const snapshot = first ?? (await makeSnapshot(target, slot, { control: control.query, signal }))
    const connections: Connection[] = []
    const leave = (): void => connections.forEach((connection) => connection.close())
    signal.addEventListener('abort', leave, { once: true })
    try {
      const count = target.config.snapshot?.connections ?? CONNECTIONS_DEFAULT
      let timeMicros = 0
      for (let each = 0; each < count; each += 1) {
        const connection = await connect(target, 'snapshot')
        connections.push(connection)
        if (signal.aborted) leave()
        timeMicros = await openSnapshot(connection, snapshot.name)
      }
      snapshot.close()
      const [leader] = connections
      assert(leader !== undefined, 'a snapshot is read by at least one connection')
      const works = await this.#begin(wanted, leader, snapshot.position)
      await this.#read(works, { connections, timeMicros, position: snapshot.position, signal })
    } finally {
      signal.removeEventListener('abort', leave)
      snapshot.close()
      leave()
    }
  }

  /** Plans each table, and gives its rows their place among the changes. */
  async #begin(wanted: readonly ActiveFill[], leader: Connection, position: number): Promise<TableWork[]> {
    const { fills, writer, tableOf, record, partitionsOf, chunkBlocks = CHUNK_BLOCKS } = this.#options
    const works: TableWork[] = []
    const indexes = new IndexRange()
    for (const fill of wanted) {
      const table = tableOf(fill.stream)
      if (table === null || fills.of(fill.stream) !== fill) continue
      const { where, mode } = fill.header
      const forms = await readForms(leader.query, table, partitionsOf(fill.stream))
      const planned = await planChunks({ query: leader.query, table, where, done: this.#done(fill), chunkBlocks, indexes, forms })
      // What came since this snapshot goes with the rest; so the next attempt's, which is younger than all that, takes its place.
      if (planned === 'anew') fills.beginAnew(fill)
      // The next attempt's snapshot sees the new file.
      if (planned === 'rewritten' || planned === 'anew') continue
      const done = this.#done(fill)
      const rows = done.reduce((sum, chunk) => sum + chunk.rows, 0)
      fills.beginEra(fill, position)
      record.fill.expect(fill.stream, { mode, rows, rowsEstimate: planned.rowsEstimate })
      works.push({ fill, table, chunks: [...planned.chunks], isResumed: done.length > 0, left: planned.chunks.length, failure: null })
    }
    await writer.commit(fills.takeChanges())
    return works
  }

  #done({ header }: ActiveFill): ChunkDone[] {
    const { reader, target } = this.#options
    return header.era === 0 ? [] : readChunks(reader, target.name, header.stream)
  }

  async #read(
    works: readonly TableWork[],
    ground: { connections: readonly Connection[]; timeMicros: number; position: number; signal: AbortSignal },
  ): Promise<void> {
    const { fills, nudge, onSuspect } = this.#options
    const attempt = new FillAttempt({ ...this.#options, ...ground, throttle: this.#throttle })
    await attempt.run(works)
    ground.signal.throwIfAborted()
    for (const work of works) {
      const { fill, failure, isResumed } = work
      if (failure !== null && failure !== 'rewritten' && SHAPE_CODES.has(String(failure.details['sqlstate']))) {
        onSuspect(fill.stream, describeError(failure))
      }
      // Of a condition that some row cannot bear: trying again would not help.
      if (failure instanceof MillraceError && fill.header.where !== null && isOfData(failure)) this.#giveUp(fill, failure)
      if (failure !== null || fills.of(fill.stream) !== fill) continue
      assert(work.left === 0, 'a table is ready when all of its chunks were read')
      fill.isReady = true
      if (fill.isTorn(isResumed)) fill.spoilt = 'anew'
    }
    if (fills.isDue) nudge()
    const failed = works.find(({ fill, failure }) => failure instanceof MillraceError && fills.of(fill.stream) === fill)
    if (failed?.failure instanceof MillraceError) throw failed.failure
  }

  #giveUp(fill: ActiveFill, failure: MillraceError): void {
    const { fills, record } = this.#options
    fills.forget(fill)
    record.fill.fail(fill.stream, describeError(failure))
  }
}

/** A value that an expression does not take, as SQLSTATE has it. */
function isOfData({ details }: MillraceError): boolean {
  return String(details['sqlstate'] ?? '').startsWith('22')
}
