/**
 * Reads versions, one after the other, into the log.
 *
 * A version that fits into one commit is one commit, together with others that are as small. A larger one
 * goes into the source's open tail part by part, and is shown by the commit that records it as done: so it
 * is seen as a whole or not at all, and memory does not grow with it (laws 1, 3 and 8). What cannot be read
 * as a whole is parked as a whole; a record that cannot is parked in the commit that shows its neighbours.
 */
import { type Clock, describeError, type ErrorCode, MillraceError, reach } from '@millrace/base'
import type { ControlStatement, LogReader, LogWriter } from '@millrace/core'
import type { Parking } from '../parking/parking.ts'
import { type DeclaredFiles, streamOf } from './declared-files.ts'
import { asSourceProgress, type FileProgress, readFileProgress } from './file-progress.ts'
import { type FileRow, type FileTable, objectOf } from './file-table.ts'
import type { FilesRecord } from './files-record.ts'
import { type FileEnd, PART_BYTES, type RecordParts, type RecordSchema } from './format/record-reader.ts'
import { readRecords } from './format/read-records.ts'
import { Harvest } from './harvest.ts'
import type { Look } from './look.ts'
import type { ListedObject, ObjectStore } from './object/object-store.ts'
import type { ReadAhead } from './object/read-ahead.ts'
import { Reaping } from './reaping.ts'
import { TableDiff } from './table-diff.ts'
import { TableRows } from './table-rows.ts'
import { digestOf, VersionContent, withLocalCopy } from './version-content.ts'

export interface VersionReaderOptions {
  readonly source: string
  readonly store: ObjectStore
  readonly ahead: ReadAhead
  readonly table: FileTable
  readonly look: Look
  readonly declared: readonly DeclaredFiles[]
  readonly schemasOf: (declared: DeclaredFiles) => readonly RecordSchema[]
  readonly partitionsOf: (stream: string) => number
  readonly parking: Parking
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly clock: Clock
  readonly record: FilesRecord
  readonly scratchFolder: string
}

/** A version of which more is read than this goes on in the open tail. */
const COMMIT_BYTES = 4_194_304
/** Parts of small files, which may be packed. */
const PART_BYTES_MIN = 4096
const UNPACKED_AT_MOST = 16
/** Versions that go into one commit. */
const COMMIT_FILES = 256
/** Pages of deletes that go into one commit. */
const DELETE_PAGES_MAX = 32
/** How long a file that may not be read is left alone. */
const REFUSED_PAUSE_MS = 30_000
/** A format that is read from its end is copied to the scratch folder, if it is no larger. */
const COPY_BYTES_MAX = 34_359_738_368

interface Version {
  readonly row: FileRow
  readonly declared: DeclaredFiles
  readonly transaction: number
  readonly object: ListedObject
}

export class VersionReader {
  readonly #options: VersionReaderOptions
  readonly #tail: string
  /** Versions that are complete and wait for their commit. */
  readonly #ready = new Harvest()
  #readyFiles = 0
  #readyFoundMs = 0
  #progress: FileProgress

  constructor(options: VersionReaderOptions) {
    this.#options = options
    this.#tail = `${options.source}/version`
    this.#progress = readFileProgress(options.reader, options.source)
  }

  /** The version that a killed process had begun: it comes first, under the number that it has. */
  get begun(): FileProgress['begun'] {
    return this.#progress.begun
  }

  async read(row: FileRow, declared: DeclaredFiles, signal: AbortSignal): Promise<void> {
    const { begun, next } = this.#progress
    const isBegun = begun?.object === row.object && begun.version === row.version
    const object = objectOf(row)
    const version: Version = { row, declared, transaction: isBegun ? begun.transaction : next, object }
    const content = new VersionContent(this.#options.ahead.read(object, signal))
    this.#options.record.reading = { object: row.object, size: row.size, passed: () => content.count }
    try {
      await this.#take(version, content, signal)
    } catch (error) {
      signal.throwIfAborted()
      await this.#fail(version, error, signal)
    } finally {
      this.#options.record.reading = null
    }
    if (this.#ready.bytes >= COMMIT_BYTES || this.#readyFiles >= COMMIT_FILES) await this.flush()
  }

  /** Rows of tables that were written for a file which was not shown. */
  forgetStaged(): ControlStatement[] {
    const { source, declared, reader } = this.#options
    const tables = declared.filter(({ config }) => config.rows === 'replace').map(({ name }) => streamOf(source, name, null))
    return tables.map((stream) => new TableRows(stream, reader).keepOnly(this.#progress.tables[stream] ?? 0))
  }

  /** Commits what is complete. */
  async flush(): Promise<void> {
    if (this.#ready.isEmpty) return
    const { writer, source } = this.#options
    const { changes } = this.#ready
    reach('files.before-show')
    await writer.commit({
      appends: this.#ready.appends,
      control: this.#ready.control,
      progress: asSourceProgress(source, this.#progress),
    })
    reach('files.after-show')
    this.#ready.clear()
    this.#readyFiles = 0
    this.#durable(changes, this.#readyFoundMs)
  }

  async #take(version: Version, content: VersionContent, signal: AbortSignal): Promise<void> {
    const { row } = version
    const { table, store, record } = this.#options
    // A file of another size has other bytes; one of the same size may only have been touched.
    if (row.digest !== null && row.done_size === row.size) {
      const digest = await digestOf(store.read(version.object, signal))
      if (digest === row.digest) {
        this.#ready.control.push(table.unchanged(row))
        this.#readyFiles += 1
        record.unchanged += 1
        return
      }
    }
    const { diff, rows } = this.#diffOf(version)
    const reaping = new Reaping({ ...this.#options, ...version, diff, rows })
    const end = await this.#parts(version, content, (parts) => this.#reap(version, parts, reaping))
    checkTotals(this.#options.source, row.object, end)
    if (diff !== null) await this.#lacking(version, reaping, { diff, records: end.records })
    await this.#finish(version, reaping, { records: end.records, bad: end.bad, digest: content.digest() ?? '' })
  }

  #diffOf({ declared, transaction, row }: Version): { diff: TableDiff | null; rows: TableRows | null } {
    const { source, schemasOf, partitionsOf, reader } = this.#options
    const [record] = schemasOf(declared)
    if (declared.config.rows !== 'replace' || record === undefined) return { diff: null, rows: null }
    const stream = streamOf(source, declared.name, record.stream)
    const rows = new TableRows(stream, reader)
    const current = this.#progress.tables[stream] ?? 0
    const shape = { stream, schema: record.schema, partitions: partitionsOf(stream) }
    const diff = new TableDiff({ ...shape, source, file: row.object, rows, current, generation: transaction, timeMicros: row.modified_us })
    return { diff, rows }
  }

  /** The rows that a whole table has not any more; the table's next file is told from this one. */
  async #lacking(version: Version, reaping: Reaping, { diff, records }: { diff: TableDiff; records: number }): Promise<void> {
    const { source, reader } = this.#options
    const { declared, transaction } = version
    await this.#spill(version, reaping)
    for (const appends of diff.deletes(records)) {
      reaping.add(appends)
      if (reaping.harvest.appends.length >= DELETE_PAGES_MAX) await this.#spill(version, reaping)
    }
    const stream = streamOf(source, declared.name, null)
    reaping.harvest.control.push(new TableRows(stream, reader).keepOnly(transaction))
  }

  async #parts(version: Version, content: VersionContent, use: (parts: RecordParts) => Promise<FileEnd>): Promise<FileEnd> {
    const { schemasOf, scratchFolder, source } = this.#options
    const { declared, transaction, row, object } = version
    const { format } = declared.config
    // A reader makes room for a part: a small file must not pay for a large one's.
    const partBytes = Math.min(PART_BYTES, Math.max(PART_BYTES_MIN, object.size * UNPACKED_AT_MOST))
    const origin = { transaction, timeMicros: object.modifiedMicros }
    const order = { schemas: schemasOf(declared), origin, name: row.object, partBytes }
    if (format.type !== 'parquet') return use(readRecords({ ...order, format, bytes: content.read() }))
    if (object.size > COPY_BYTES_MAX) {
      const what = `it is larger than ${COPY_BYTES_MAX} bytes, and its format is read from its end`
      throw new MillraceError('CAPTURE_FILE_UNREADABLE', { details: { source, file: row.object, what } })
    }
    // DuckDB is loaded only by a source that needs it.
    const { readParquet } = await import('./format/parquet/read-parquet.ts')
    return withLocalCopy(content, scratchFolder, (path) => use(readParquet({ ...order, format, path })))
  }

  async #reap(version: Version, parts: RecordParts, reaping: Reaping): Promise<FileEnd> {
    try {
      for (;;) {
        const step = await parts.next()
        if (step.done === true) return step.value
        reaping.take(step.value)
        if (reaping.harvest.bytes >= COMMIT_BYTES) await this.#spill(version, reaping)
      }
    } finally {
      await parts.return(undefined as never).catch(() => undefined)
    }
  }

  /** The number is stored with the first part that is. */
  async #spill({ row, transaction }: Version, { harvest, stored }: Reaping): Promise<void> {
    const { writer, source } = this.#options
    const isFirst = this.#progress.begun?.transaction !== transaction || this.#progress.begun.object !== row.object
    if (isFirst) {
      await this.flush()
      this.#progress = {
        ...this.#progress,
        next: Math.max(this.#progress.next, transaction + 1),
        begun: { object: row.object, version: row.version, transaction },
      }
    }
    await writer.commit({
      appends: harvest.appends.map((append) => ({ ...append, tail: this.#tail })),
      control: harvest.staged,
      ...(isFirst ? { progress: asSourceProgress(source, this.#progress) } : {}),
    })
    reach('files.in-version')
    harvest.appends = []
    harvest.staged = []
    harvest.bytes = 0
    stored()
  }

  async #finish(version: Version, { harvest }: Reaping, read: { records: number; bad: number; digest: string }): Promise<void> {
    const { table, clock, writer, source, record } = this.#options
    const { row, transaction } = version
    harvest.control.push(table.done(row, { ...read, transaction, atMs: clock.nowMs() }))
    const isSpilled = this.#progress.begun !== null && this.#progress.begun.transaction === transaction
    const { tables } = this.#progress
    const stream = streamOf(source, version.declared.name, null)
    const replaced = version.declared.config.rows === 'replace' ? { ...tables, [stream]: transaction } : tables
    this.#progress = { transaction, next: Math.max(this.#progress.next, transaction + 1), begun: null, tables: replaced }
    record.files += 1
    record.parkedRecords += read.bad
    if (!isSpilled) {
      this.#ready.add(harvest)
      this.#readyFiles += 1
      this.#readyFoundMs = row.found_ms
      return
    }
    reach('files.before-show')
    await writer.commit({
      appends: harvest.appends,
      show: [{ tail: this.#tail }],
      control: harvest.control,
      progress: asSourceProgress(source, this.#progress),
    })
    reach('files.after-show')
    this.#durable(harvest.changes, row.found_ms)
  }

  /** Nothing of it stays. What is at fault decides what becomes of it: the file, its moment, or the way to it. */
  async #fail(version: Version, error: unknown, signal: AbortSignal): Promise<void> {
    const { row, transaction, declared } = version
    const { table, clock, look, parking, source } = this.#options
    const fault = faultOf(error)
    if (fault === null) throw error
    await this.flush()
    parking.load()
    const known = error as MillraceError
    if (fault === 'parked') {
      const code = known.code
      this.#progress = { ...this.#progress, next: Math.max(this.#progress.next, transaction + 1), begun: null }
      const reason = describeError(known)
      const why = { transaction, code, reason, declaration: declared.fingerprint, atMs: clock.nowMs() }
      this.#ready.control.push(table.parked(row, why), ...this.#parkWhole(version, code, reason))
    } else if (fault === 'later') {
      const dueMs = clock.nowMs() + REFUSED_PAUSE_MS
      this.#progress = { ...this.#progress, begun: null }
      this.#ready.control.push(table.heldBack(row, { dueMs, code: known.code, reason: describeError(known) }))
    } else {
      // Another version is another transaction; the number of this one is not given again.
      this.#progress = { ...this.#progress, begun: null }
      this.#ready.control.push(...(await look.again(row, signal)))
    }
    await this.#options.writer.commit({
      discard: [this.#tail],
      control: [...this.forgetStaged(), ...this.#ready.control],
      progress: asSourceProgress(source, this.#progress),
    })
    this.#ready.clear()
  }

  #parkWhole({ row, declared, transaction }: Version, code: ErrorCode, reason: string): ReturnType<Parking['park']> {
    const { parking, schemasOf, source } = this.#options
    const [first] = schemasOf(declared)
    return parking.park({
      source,
      stream: streamOf(source, declared.name, first?.stream ?? null),
      partition: 0,
      transaction,
      index: 0,
      time: row.modified_us,
      operation: 'insert',
      key: null,
      place: row.object,
      code,
      reason,
      raw: new TextEncoder().encode(JSON.stringify({ object: row.object, version: row.version, size: row.size })),
      row: null,
      before: null,
    })
  }

  #durable(changes: number, foundMs: number): void {
    const { record, clock } = this.#options
    record.changes += changes
    if (changes > 0) record.lastChangeMs = clock.nowMs()
    record.lastLagMs = Math.max(0, clock.nowMs() - foundMs)
  }
}

/** `parked`: the file itself. `later`: it may be read some time. `changed`: it is another one now. Null: not the file's fault. */
function faultOf(error: unknown): 'parked' | 'later' | 'changed' | null {
  if (!(error instanceof MillraceError)) return null
  if (error.code === 'CAPTURE_FILE_CHANGED') return 'changed'
  if (error.code === 'CAPTURE_FILE_REFUSED') return 'later'
  return error.code.startsWith('CAPTURE_FILE_') || error.code.startsWith('FILE_') ? 'parked' : null
}

function checkTotals(source: string, file: string, { controlTotals }: FileEnd): void {
  const wrong = controlTotals.filter(({ ok }) => !ok)
  if (wrong.length === 0) return
  const what = wrong
    .map(({ name, declared, counted }) =>
      declared === '' ? `${name} is not told` : `${name} is told as ${declared} and counted as ${counted}`,
    )
    .join('; ')
  throw new MillraceError('CAPTURE_FILE_TOTALS', { details: { source, file, what } })
}
