/** Tails log files: the stage that the composition root runs. */
import { type Clock, MillraceError, type Random, reach } from '@millrace/base'
import {
  type Append,
  BatchBuilder,
  type ControlStatement,
  type LogReader,
  type LogsSource,
  type LogWriter,
  OPERATION,
  type Stage,
  type StageObservation,
  type VectorBuilder,
} from '@millrace/core'
import { hashText } from '../files/partition-of.ts'
import { RECORD_BYTES_MAX } from '../files/format/record-reader.ts'
import type { Parking } from '../parking/parking.ts'
import { runSessions } from '../run-sessions.ts'
import { findLogs, type FoundLog } from './find-logs.ts'
import { type Archive, LogFiles } from './log-files.ts'
import { LogRowReader } from './log-row-reader.ts'
import { CREATE_LOG_TABLE, forgetFinished, putLogFile, readLogFiles } from './log-table.ts'
import type { LogTail } from './log-tail.ts'
import { LogsRecord } from './logs-record.ts'
import type { LogRecord } from './record-cutter.ts'
import { logStream } from './discover-logs.ts'

export interface LogsCaptureOptions {
  readonly name: string
  readonly config: LogsSource
  readonly folder: string
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly clock: Clock
  readonly random: Random
  readonly parking: Parking
  readonly partitionsOf: (stream: string) => number
  /** A rotated file is let go of when nothing was added to it for so long. Default one minute. */
  readonly rotatedMsMax?: number
}

const POLL_MS = 500
const WAIT_MS = 1000
const ROTATED_MS_MAX = 60_000
/** A file that no name leads to any more is let go of sooner. */
const DELETED_MS_MAX = 2000
const PIECE_BYTES = 262_144
const COMMIT_BYTES = 4_194_304
/** Of one file in one poll, so that a loud one does not silence the others. */
const TURN_BYTES = 16_777_216

/** How often a folder that changes under the look is looked at again. */
const LOOKS_MAX = 5

export class LogsCapture implements Stage {
  readonly name: string
  readonly #options: LogsCaptureOptions
  readonly #record = new LogsRecord()
  readonly #rows: LogRowReader
  readonly #stream: string

  constructor(options: LogsCaptureOptions) {
    this.name = options.name
    this.#options = options
    this.#rows = new LogRowReader(options.name, options.config)
    this.#stream = logStream(options.name, options.config)
  }

  /** Begins again after whatever may pass by itself; rejects for what needs a person. */
  async run(signal: AbortSignal): Promise<void> {
    const record = this.#record
    const { clock, random } = this.#options
    let looked = record.lastLookMs
    const session = (until: AbortSignal): Promise<void> => {
      looked = record.lastLookMs
      return new LogSession({ ...this.#options, record, rows: this.#rows, stream: this.#stream }).run(until)
    }
    await runSessions({ clock, random, record, session, wasWell: () => record.lastLookMs !== looked }, signal)
  }

  observe(): readonly StageObservation[] {
    return [this.#record.observe(this.name, this.#options.clock)]
  }
}

interface SessionOptions extends LogsCaptureOptions {
  readonly record: LogsRecord
  readonly rows: LogRowReader
  readonly stream: string
}

/** From one look at what is durable to the next failure. What was read and not committed is forgotten with it. */
class LogSession {
  readonly #options: SessionOptions
  readonly #files: LogFiles
  readonly #partitions: number
  readonly #touched = new Set<LogTail>()
  #transaction: number
  #index = 0
  #builders = new Map<number, BatchBuilder>()
  #control: ControlStatement[] = []
  #bytes = 0
  #parked = 0

  constructor(options: SessionOptions) {
    const { reader, name, config, clock, parking, stream } = options
    this.#options = options
    this.#partitions = options.partitionsOf(stream)
    const progress = reader.progress(name)
    this.#transaction = (progress?.transaction ?? 0) + 1
    parking.load()
    const start = config.multiline === undefined ? null : new RegExp(config.multiline.start)
    this.#files = new LogFiles({
      clock,
      limits: { recordBytesMax: config.recordBytesMax ?? RECORD_BYTES_MAX, start },
      rows: progress === null ? [] : readLogFiles(reader, name),
      nextId: Number(progress?.state['nextFile'] ?? 1),
      passFirst: progress === null && config.startAt === 'end',
    })
  }

  async run(signal: AbortSignal): Promise<void> {
    const { writer, clock, config, record } = this.#options
    await writer.commit({ control: CREATE_LOG_TABLE })
    try {
      while (!signal.aborted) {
        await this.#poll(signal)
        record.phase = 'running'
        record.error = null
        const isDone = (record.bytesBehind ?? 0) === 0 || record.filesHolding > 0
        if (isDone) await clock.sleep(config.pollMs ?? POLL_MS, signal).catch(() => undefined)
      }
    } finally {
      for (const tail of this.#files.tails.values()) await tail.close()
    }
  }

  /**
   * While a folder is read, a file may be renamed and another take its name: the older one would be missed and
   * the younger one come before it. So where a file is new, it is looked until two looks in a row are the same.
   */
  async #found(): Promise<FoundLog[]> {
    const { folder, config } = this.#options
    let found = await findLogs(folder, config.files)
    for (let look = 0; look < LOOKS_MAX && found.some(({ inode }) => !this.#files.knows(inode)); look += 1) {
      const again = await findLogs(folder, config.files)
      const isSame =
        again.length === found.length && again.every(({ path, inode }, at) => path === found[at]?.path && inode === found[at].inode)
      found = again
      if (isSame) break
    }
    return found
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { clock, record } = this.#options
    const found = await this.#found()
    const archives = await this.#files.match(found)
    for (const archive of archives) if (!signal.aborted) await this.#readArchive(archive)
    // What was rotated away is older than what stands in its place.
    const live = [...this.#files.tails.values()].filter(({ isLive }) => isLive)
    const order = live.toSorted((left, right) => Number(left.missingSinceMs === null) - Number(right.missingSinceMs === null))
    for (const tail of order) if (!signal.aborted) await this.#readTail(tail)
    await this.#commit()
    this.#observe(live)
    record.files = found.length
    record.newestFile = found.at(-1)?.path ?? null
    record.newestFileMs = found.at(-1)?.modifiedMs ?? null
    record.lastLookMs = clock.nowMs()
  }

  async #readTail(tail: LogTail): Promise<void> {
    const { clock, config } = this.#options
    let isAtEnd = false
    for (let read = 0; read < TURN_BYTES || tail.missingSinceMs !== null;) {
      const piece = await tail.read(PIECE_BYTES)
      if (piece.length === 0) {
        isAtEnd = true
        break
      }
      read += piece.length
      tail.lastGrowthMs = clock.monotonicMs()
      await this.#take(tail, tail.cutter.push(piece))
    }
    if (!isAtEnd) return
    const idleMs = clock.monotonicMs() - tail.lastGrowthMs
    if (tail.cutter.holds && idleMs >= (config.multiline?.waitMs ?? WAIT_MS)) await this.#take(tail, tail.cutter.flushLines())
    if (await this.#isOver(tail, idleMs)) await this.#end(tail)
  }

  async #isOver(tail: LogTail, idleMs: number): Promise<boolean> {
    if (tail.missingSinceMs === null) return false
    const { rotatedMsMax = ROTATED_MS_MAX, clock } = this.#options
    const facts = await tail.file?.stat()
    const limitMs = facts?.nlink === 0 ? Math.min(DELETED_MS_MAX, rotatedMsMax) : rotatedMsMax
    return idleMs >= limitMs && clock.monotonicMs() - tail.missingSinceMs >= limitMs
  }

  async #end(tail: LogTail, archive: string | null = null): Promise<void> {
    await this.#take(tail, tail.cutter.flushAll())
    this.#files.finish(tail, archive)
    this.#touched.add(tail)
    await tail.close()
  }

  /** From where it was left, or from its beginning where it was never seen. */
  async #readArchive({ log, key, tail, bytes }: Archive): Promise<void> {
    const target = tail ?? this.#files.add(log.path, '')
    let at = 0
    try {
      for await (const piece of bytes()) {
        const from = Math.max(0, target.cutter.readAt - at)
        at += piece.length
        if (from >= piece.length) continue
        const rest = piece.subarray(from)
        target.keepHead(rest)
        await this.#take(target, target.cutter.push(rest))
      }
      await this.#end(target, key)
    } catch (error) {
      if (error instanceof MillraceError) throw error
      // Damaged, or cut short: what came of it is in the log, the rest may come as another file.
      this.#files.damagedArchive(key)
      this.#files.finish(target)
    }
  }

  async #take(tail: LogTail, records: readonly LogRecord[]): Promise<void> {
    for (const record of records) {
      if (record.end > tail.passUntil && record.bytes.length > 0) this.#row(tail, record)
      tail.took(record)
      this.#touched.add(tail)
      this.#bytes += record.end - record.start
      if (this.#bytes >= COMMIT_BYTES) await this.#commit()
    }
  }

  #row(tail: LogTail, record: LogRecord): void {
    const { rows, clock } = this.#options
    const index = this.#index
    this.#index += 1
    const partition = this.#partitions === 1 ? 0 : hashText(String(tail.row.id)) % this.#partitions
    const row = record.isTooLong ? null : rows.read(record, tail.row.path)
    if (row === null || typeof row === 'string') return this.#park(tail, record, { index, partition, reason: row })
    let builder = this.#builders.get(partition)
    if (builder === undefined) this.#builders.set(partition, (builder = new BatchBuilder(rows.schema)))
    builder.start(OPERATION.INSERT, this.#transaction, index, row.timeMicros ?? Math.round(clock.nowMs() * 1000), false)
    for (const [at, value] of row.values.entries()) (builder.after[at] as VectorBuilder).push(value)
  }

  #park(tail: LogTail, record: LogRecord, at: { index: number; partition: number; reason: string | null }): void {
    const { name, parking, clock, stream, config } = this.#options
    this.#parked += 1
    const limit = config.recordBytesMax ?? RECORD_BYTES_MAX
    const statements = parking.park({
      source: name,
      stream,
      partition: at.partition,
      transaction: this.#transaction,
      index: at.index,
      time: Math.round(clock.nowMs() * 1000),
      operation: 'insert',
      key: null,
      place: `${tail.row.path}, byte ${record.start}`,
      code: at.reason === null ? 'CAPTURE_LOG_RECORD_TOO_LONG' : 'CAPTURE_LOG_RECORD',
      reason: at.reason ?? `It is longer than ${limit} bytes.`,
      raw: record.bytes,
      row: null,
      before: null,
    })
    this.#control.push(...statements)
  }

  /** Rows, parked records and how far each file was read move together. */
  async #commit(): Promise<void> {
    const { writer, name, stream, record, clock } = this.#options
    const touched = new Set([...this.#touched, ...this.#files.changed])
    if (touched.size === 0) return
    const appends: Append[] = [...this.#builders].map(([partition, builder]) => ({ stream, partition, batch: builder.finish() }))
    const control = [...this.#control, ...[...touched].map((tail) => putLogFile(name, tail.row))]
    const finished = [...touched].filter((tail) => tail.row.finished === 1)
    if (finished.length > 0) control.push(forgetFinished(name))
    const changes = appends.reduce((sum, { batch }) => sum + batch.count, 0)
    reach('logs.before-commit')
    await writer.commit({
      appends,
      control,
      progress: { source: name, transaction: this.#transaction, state: { nextFile: this.#files.nextId } },
    })
    reach('logs.after-commit')
    this.#transaction += 1
    this.#index = 0
    this.#builders = new Map()
    this.#control = []
    this.#bytes = 0
    this.#touched.clear()
    this.#files.changed.clear()
    record.parked += this.#parked
    this.#parked = 0
    record.changes += changes
    if (changes > 0) record.lastChangeMs = clock.nowMs()
  }

  #observe(live: readonly LogTail[]): void {
    const { record } = this.#options
    record.bytesBehind = live.reduce((sum, tail) => sum + Math.max(0, tail.size - tail.row.position), 0)
    record.filesHolding = live.filter(({ cutter }) => cutter.holds).length
    record.rotated = live.filter(({ missingSinceMs }) => missingSinceMs !== null).length
    record.lost = this.#files.lost
    record.damaged = this.#files.damaged
  }
}
