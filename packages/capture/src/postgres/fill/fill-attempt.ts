/** Reads all chunks of some tables under one snapshot, in parallel, and brings their rows into the tails. */
import { type Clock, type MillraceError, reach } from '@millrace/base'
import { type Append, BatchBuilder, type LogReader, type LogWriter, type WriteSet } from '@millrace/core'
import type { Parking } from '../../parking/parking.ts'
import type { CaptureRecord } from '../capture-record.ts'
import type { Table } from '../catalog/table.ts'
import type { Connection, SourceTarget } from '../connect.ts'
import { PendingChanges } from '../pending-changes.ts'
import { TableFeed } from '../table-feed.ts'
import type { ActiveFill } from './active-fill.ts'
import { type Chunk, keysChunk } from './chunk-plan.ts'
import { type ChunkJob, ChunkReader } from './chunk-reader.ts'
import { type EarlierRow, EarlierRows } from './earlier-rows.ts'
import { chunkSegment } from './fill-header.ts'
import type { Fills } from './fills.ts'
import { findGone } from './find-gone.ts'
import { shiftedBatch } from './slice-batch.ts'
import type { Throttle } from './throttle.ts'

/** A chunk with more than this goes in parts. Usually it is one commit, so that a kill leaves all or nothing of it. */
const PART_BYTES = 8_000_000
/** So many commits of a connection are on their way while the next rows are read: they share a sync of the disk. */
const COMMITS_AHEAD_MAX = 2
/** What is read, and what is on its way. */
const REUSED_BYTES_MAX = (COMMITS_AHEAD_MAX + 1) * PART_BYTES
/** The indexes of one era: a backfill's eras are shown as of one position. */
const ERA_INDEXES = 2 ** 44
/** Those of rows that are read or told beside the chunks: below a backfill's copies, above every chunk's. */
const EXTRA_INDEX_BASE = 2 ** 51
const EXTRA_INDEXES_PER_ERA = 2 ** 40
const KEYS_AT_ONCE = 500
const WAIT_PAUSE_MS = 20

export interface TableWork {
  readonly fill: ActiveFill
  readonly table: Table
  readonly chunks: Chunk[]
  /** Some of its chunks were read under an earlier snapshot. */
  readonly isResumed: boolean
  /** Chunks whose rows are not all on their way into the log. */
  left: number
  failure: MillraceError | 'rewritten' | null
}

export interface FillAttemptOptions {
  readonly target: SourceTarget
  readonly slot: string
  readonly control: Connection
  readonly connections: readonly Connection[]
  readonly position: number
  readonly timeMicros: number
  readonly offset: number
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly record: CaptureRecord
  readonly parking: Parking | null
  readonly fills: Fills
  readonly scratchFolder: string
  readonly partitionsOf: (stream: string) => number
  readonly nudge: () => void
  readonly throttle: Throttle
  readonly signal: AbortSignal
  readonly clock: Clock
}

export class FillAttempt {
  readonly #options: FillAttemptOptions
  readonly #earlier = new Map<TableWork, EarlierRows>()
  /** Of all connections together. */
  readonly #extras = { next: 0 }
  #readers: ChunkReader[] = []

  constructor(options: FillAttemptOptions) {
    this.#options = options
  }

  async run(works: readonly TableWork[]): Promise<void> {
    const { connections, signal } = this.#options
    const stop = (): void => this.#close()
    signal.addEventListener('abort', stop, { once: true })
    try {
      for (const work of works) await this.#prepare(work)
      this.#readers = connections.map((connection) => new ChunkReader(connection))
      signal.throwIfAborted()
      const lanes = this.#readers.map((reader) => ({ reader, lane: this.#lane() }))
      const queue = works.flatMap((work) => work.chunks.map((chunk) => ({ work, chunk })))
      let at = 0
      const next = (lane: Lane): ChunkJob | null => {
        while (at < queue.length && queue[at]?.work.failure !== null) at += 1
        const job = queue[at]
        at += 1
        return job === undefined ? null : lane.jobOf(job.work, job.chunk)
      }
      await allEnded(
        lanes.map(async ({ reader, lane }) => {
          await reader.run(() => next(lane))
          await lane.settled()
        }),
        stop,
      )
      const [first] = lanes
      if (first === undefined) return
      for (const work of works) if (work.failure === null) await this.#finish(work, first)
    } finally {
      signal.removeEventListener('abort', stop)
      this.#close()
      for (const earlier of this.#earlier.values()) earlier.close()
    }
  }

  #lane(): Lane {
    return new Lane(this.#options, { earlier: this.#earlier, extras: this.#extras })
  }

  #close(): void {
    for (const reader of this.#readers) reader.close()
  }

  /** What the log has of the stream, where it has anything. */
  async #prepare(work: TableWork): Promise<void> {
    const { reader, position, offset, scratchFolder } = this.#options
    const { fill, table } = work
    if (fill.header.mode === 'load') return
    if (!fill.isKeyed) return this.#truncate(work)
    // Only then does the log hold all that the snapshot does.
    if (fill.header.mode === 'backfill') await this.#reached()
    const before = fill.header.mode === 'backfill' ? position + offset : Infinity
    const earlier = await EarlierRows.load({ reader, stream: table.stream, schema: table.schema, before, folder: scratchFolder })
    if (!earlier.fits) {
      earlier.close()
      return this.#truncate(work)
    }
    this.#earlier.set(work, earlier)
  }

  /** Rows without a key cannot be compared: all of them go, and come, in the one cut that shows the fill. */
  async #truncate(work: TableWork): Promise<void> {
    if (!this.#options.reader.streams().some(({ name }) => name === work.table.stream)) return
    await this.#lane().truncate(work)
    work.fill.emitted += 1
  }

  /** Until the stream has brought everything that the snapshot holds. */
  async #reached(): Promise<void> {
    const { fills, position, clock, signal, nudge, control } = this.#options
    if (fills.position >= position) return
    // A word in the source's log, so that there is something to reach.
    await control.query(`select pg_logical_emit_message(true, 'millrace fill', '')`).catch(() => undefined)
    while (fills.position < position) {
      signal.throwIfAborted()
      nudge()
      await clock.sleep(WAIT_PAUSE_MS, signal)
    }
  }

  /** Rows that may have lost a value, and rows that are gone. */
  async #finish(work: TableWork, { reader, lane }: { reader: ChunkReader; lane: Lane }): Promise<void> {
    const { fill, table } = work
    const { doubtful, mode } = fill.header
    const isDoubtful = fill.header.era > 1 && doubtful !== null && doubtful.length > 0
    if (isDoubtful || mode === 'backfill') await this.#reached()
    if (isDoubtful) {
      const keys = [...(fill.header.doubtful ?? [])]
      for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
        const chunk = keysChunk(table, keys.slice(at, at + KEYS_AT_ONCE))
        await readOne(reader, lane.jobOf(work, chunk))
      }
    }
    const earlier = this.#earlier.get(work)
    if (earlier !== undefined && work.failure === null) {
      // Rows that an earlier process read are not marked as seen in this one's file.
      const isSure = !work.isResumed && fill.header.where === null
      for (const page of earlier.unseen()) {
        const gone = isSure ? page : await findGone({ work, page, reader, control: this.#options.control })
        await lane.tellGone(work, gone)
      }
    }
    await lane.settled()
  }
}

/** What one connection has read and not written yet. */
class Lane {
  readonly #options: FillAttemptOptions
  readonly #earlier: ReadonlyMap<TableWork, EarlierRows>
  readonly #pending: PendingChanges
  readonly #extras: { next: number }
  #feed: TableFeed | null = null
  #committing: Promise<unknown>[] = []
  /** Some rows of the chunk at hand went ahead of the others. */
  #isParted = false
  #rows = 0

  constructor(
    options: FillAttemptOptions,
    { earlier, extras }: { earlier: ReadonlyMap<TableWork, EarlierRows>; extras: { next: number } },
  ) {
    this.#options = options
    this.#earlier = earlier
    this.#extras = extras
    this.#pending = new PendingChanges(options.parking, { offset: options.offset, reusedBytesMax: REUSED_BYTES_MAX })
    this.#pending.timeMicros = options.timeMicros
    // The last byte before the point: a transaction may commit at the very point, and is not in the snapshot.
    this.#pending.transaction = options.position - 1
  }

  /** A chunk without a sequence is not remembered as read. */
  jobOf(work: TableWork, chunk: Chunk): ChunkJob {
    const pending = this.#pending
    let feed: TableFeed | null = null
    return {
      table: work.table,
      chunk,
      onBegin: () => {
        feed = this.#feedOf(work)
        pending.index = chunk.sequence === null ? this.#extraIndex(work) : work.fill.header.era * ERA_INDEXES + chunk.firstIndex
        this.#rows = 0
      },
      onRow: (row, bytes) => {
        feed?.insertCells(row.buffer, row.cells)
        this.#rows += 1
        if (chunk.sequence === null) this.#extras.next += 1
        pending.bytes += bytes
        return pending.bytes >= PART_BYTES ? this.flush(work, null) : null
      },
      onRows: (rows) => {
        feed?.insertRows(rows)
        this.#rows += rows.count
        pending.bytes += rows.bytes
        return pending.bytes >= PART_BYTES ? this.flush(work, null) : null
      },
      onEnd: () => this.flush(work, chunk),
      onFailure: (failure) => {
        // What was read of it is of this snapshot; it may stay, and is read once more.
        pending.drop()
        work.failure ??= failure
      },
    }
  }

  /** Rows that the log has and the table does not, each in the partition where it was. */
  async tellGone(work: TableWork, rows: readonly EarlierRow[]): Promise<void> {
    const { table, fill } = work
    const { position, timeMicros, offset, writer } = this.#options
    const builders = new Map<number, BatchBuilder>()
    let index = this.#extraIndex(work)
    for (const { partition, cells } of rows) {
      const builder = builders.get(partition) ?? new BatchBuilder(table.schema)
      builders.set(partition, builder)
      builder.push('delete', { transaction: position - 1 + offset, index, time: timeMicros }, cells)
      index += 1
    }
    this.#extras.next += rows.length
    this.#options.record.fill.tell(fill.stream, rows.length)
    const tail = fill.rowsTail
    const appends = Array.from(builders, ([partition, builder]) => ({ stream: table.stream, partition, batch: builder.finish(), tail }))
    for (const { batch } of appends) fill.correct(batch)
    await this.settled()
    if (appends.length > 0) await writer.commit({ appends })
  }

  async truncate(work: TableWork): Promise<void> {
    this.#pending.index = this.#extraIndex(work)
    this.#feedOf(work).truncate()
    this.#extras.next += this.#pending.count
    await this.flush(work, null)
    await this.settled()
  }

  #extraIndex({ fill }: TableWork): number {
    return EXTRA_INDEX_BASE + fill.header.era * EXTRA_INDEXES_PER_ERA + this.#extras.next
  }

  /** While some parts are written, the next one is read. With the last part of a chunk goes that it was read. */
  async flush(work: TableWork, ended: Chunk | null): Promise<void> {
    const { writer, target, record, clock, throttle, signal } = this.#options
    const { fill, table } = work
    const pending = this.#pending
    const rows = pending.count
    const taken = pending.take()
    const appends = this.#appendsOf(work, taken.appends)
    const control = pending.takeStatements()
    const put =
      ended === null || ended.sequence === null
        ? []
        : [
            chunkSegment(target.name, table.stream, {
              sequence: ended.sequence,
              era: fill.header.era,
              relation: ended.relation,
              file: ended.file ?? 0,
              from: ended.from,
              to: ended.to,
              rows: this.#rows,
            }),
          ]
    const set: WriteSet = {
      ...(appends.length === 0 ? {} : { appends }),
      ...(control.length === 0 ? {} : { control }),
      ...(put.length === 0 ? {} : { state: { put } }),
    }
    // A chunk was read when all of its parts are durable, and not before; and only rows that are leave their memory to others.
    await this.#settled(this.#isParted ? 0 : COMMITS_AHEAD_MAX - 1)
    if (appends.length === 0 && control.length === 0 && ended === null) return
    this.#isParted = ended === null
    const committing = writer.commit(set).then(taken.done)
    committing.catch(() => undefined)
    this.#committing.push(committing)
    if (put.length > 0) work.left -= 1
    record.snapshotRows += rows
    record.changes += rows
    record.lastContactMs = clock.nowMs()
    if (rows > 0) record.lastChangeMs = record.lastContactMs
    record.fill.add(table.stream, rows)
    reach('capture.in-snapshot')
    await throttle.passed(rows, signal)
  }

  async settled(): Promise<void> {
    await this.#settled(0)
  }

  /** Until so many commits at most are on their way. */
  async #settled(left: number): Promise<void> {
    while (this.#committing.length > left) await this.#committing.shift()
  }

  #appendsOf(work: TableWork, appends: readonly Append[]): Append[] {
    const earlier = this.#earlier.get(work)
    const { fill } = work
    const tail = fill.rowsTail
    return appends.flatMap((append) => {
      const batch = earlier === undefined ? append.batch : earlier.differing(append.batch)
      if (batch === null) return []
      fill.correct(batch)
      this.#options.record.fill.tell(fill.stream, batch.count)
      return [{ ...append, batch: shiftedBatch(batch, this.#options.offset), tail }]
    })
  }

  #feedOf(work: TableWork): TableFeed {
    if (this.#feed?.table === work.table) return this.#feed
    this.#feed?.close()
    const { target, slot, partitionsOf } = this.#options
    const { table } = work
    this.#feed = new TableFeed({ source: target.name, slot, table, partitions: partitionsOf(table.stream), pending: this.#pending })
    return this.#feed
  }
}

async function readOne(reader: ChunkReader, job: ChunkJob): Promise<void> {
  let given: ChunkJob | null = job
  await reader.run(() => {
    const next = given
    given = null
    return next
  })
}

/** Waits for all; the first that fails has the others stop, and is what is raised. */
async function allEnded(runs: readonly Promise<void>[], stop: () => void): Promise<void> {
  const failures: unknown[] = []
  await Promise.all(
    runs.map((run) =>
      run.catch((error: unknown) => {
        failures.push(error)
        stop()
      }),
    ),
  )
  if (failures.length > 0) throw failures[0]
}
