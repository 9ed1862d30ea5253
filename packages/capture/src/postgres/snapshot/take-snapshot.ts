/**
 * Reads the tables as they were at the very point where the stream begins. Rows are appended to the
 * log's open tail, which nobody sees; the last commit shows all of them at once, with the position to go
 * on from (laws 1 and 3). A snapshot that is cut short is thrown away and begun anew.
 */
import { MillraceError, reach } from '@millrace/base'
import type { Append, LogReader, LogWriter, SourceProgress, StreamDefinition } from '@millrace/core'
import { quoteIdentifier, quotedName, type Table } from '../catalog/table.ts'
import type { Connection } from '../connect.ts'
import type { PendingChanges } from '../pending-changes.ts'
import { sourceError } from '../source-error.ts'
import type { TableFeed } from '../table-feed.ts'
import { fillTail, fillTails } from '../tail-name.ts'
import { FrameReader } from '../wire/frame-reader.ts'
import { RawConnection } from '../wire/raw-connection.ts'
import { MESSAGE, readServerError } from '../wire/server-message.ts'
import { CopyRow } from './copy-row.ts'

/** One part of the snapshot in the log; at most two are in memory. */
const PART_BYTES = 2_000_000

export interface SnapshotOptions {
  readonly source: string
  /** Within a transaction that sees the exported snapshot. */
  readonly connection: Connection
  readonly feeds: readonly TableFeed[]
  readonly definitions: readonly StreamDefinition[]
  readonly pending: PendingChanges
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly progress: SourceProgress
  readonly signal: AbortSignal
  /** Told of every part: rows read since the last one. */
  readonly onRows: (rows: number) => void
}

export async function takeSnapshot(options: SnapshotOptions): Promise<void> {
  await new Snapshot(options).run()
}

class Snapshot {
  readonly #options: SnapshotOptions
  readonly #raw: RawConnection
  readonly #frames = new FrameReader()
  #committing: Promise<unknown> = Promise.resolve()

  constructor(options: SnapshotOptions) {
    this.#options = options
    this.#raw = new RawConnection(options.connection)
  }

  async run(): Promise<void> {
    const { source, feeds, definitions, pending, writer, progress, signal } = this.#options
    const stop = (): void => this.#raw.close()
    signal.addEventListener('abort', stop, { once: true })
    try {
      this.#forgetEarlierRows()
      await writer.commit({ discard: [fillTails(source)], streams: definitions, appends: this.#hidden() })
      for (const feed of feeds) await this.#copy(feed)
      await this.#committing
      this.#options.onRows(pending.count)
      const appends = this.#hidden()
      const show = feeds.map(({ table }) => ({ tail: fillTail(source, table.stream) }))
      await writer.commit({ appends, show, progress })
      reach('capture.after-snapshot')
    } finally {
      signal.removeEventListener('abort', stop)
      this.#raw.close()
      await this.#committing.catch(() => undefined)
    }
  }

  /** Streams that hold rows of an earlier snapshot are emptied in the same cut, so that deletes are found too. */
  #forgetEarlierRows(): void {
    const known = new Set(this.#options.reader.streams().map(({ name }) => name))
    for (const feed of this.#options.feeds) {
      const { stream } = feed.table
      if (known.has(stream) && this.#options.reader.extents(stream).some(({ next }) => next > 0)) feed.truncate()
    }
  }

  async #copy(feed: TableFeed): Promise<void> {
    const frames = this.#frames
    const row = new CopyRow(feed.table.schema.columns.length)
    const { pending } = this.#options
    this.#raw.query(copyStatement(feed.table))
    for (;;) {
      while (frames.next()) {
        if (frames.kind === MESSAGE.COPY_DATA) {
          row.read(frames.buffer, frames.start, frames.end)
          feed.insertCells(row.buffer, row.cells)
          pending.bytes += frames.end - frames.start
          if (pending.bytes >= PART_BYTES) await this.#flush()
        } else if (frames.kind === MESSAGE.READY) {
          if (pending.count > 0) await this.#flush()
          return
        } else this.#control()
      }
      const chunk = await this.#raw.read()
      if (chunk === null) await this.#raw.lost()
      else frames.push(chunk)
    }
  }

  #control(): void {
    const { kind, buffer, start, end } = this.#frames
    if (kind === MESSAGE.ERROR) throw sourceError(readServerError(buffer, start, end), this.#options.connection.address, 'connected')
  }

  /** What is pending, for the open tails of its tables. */
  #hidden(): Append[] {
    const { source, pending } = this.#options
    return pending.take().map((append) => ({ ...append, tail: fillTail(source, append.stream) }))
  }

  /** While one part is written, the next one is read. */
  async #flush(): Promise<void> {
    const { pending, writer, onRows } = this.#options
    onRows(pending.count)
    const appends = this.#hidden()
    await this.#committing
    this.#committing = writer.commit({ appends })
    this.#committing.catch(() => undefined)
    reach('capture.in-snapshot')
  }
}

/** A partitioned table has no rows of its own to copy, but can be selected from. */
function copyStatement(table: Table): string {
  const columns = table.schema.columns.map(({ name }) => quoteIdentifier(name)).join(', ')
  return table.partitioned
    ? `COPY (SELECT ${columns} FROM ${quotedName(table)}) TO STDOUT`
    : `COPY ${quotedName(table)} (${columns}) TO STDOUT`
}

/** A session that sees exactly what the slot's snapshot does, and the time of the server. */
export async function openSnapshot(connection: Connection, snapshot: string): Promise<number> {
  try {
    await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    await connection.query(`SET TRANSACTION SNAPSHOT '${snapshot}'`)
  } catch (error) {
    const { source } = connection.address
    throw new MillraceError('CAPTURE_CONNECTION_LOST', { cause: error, details: { source, what: 'the snapshot is no longer there' } })
  }
  const [row] = await connection.query<{ micros: number }>('select (extract(epoch from now()) * 1000000)::int8::float8 as micros')
  return row?.micros ?? 0
}
