/**
 * One connection that reads chunks under a snapshot. The next chunk is asked for before the last one has
 * come, so that the server never waits for us.
 *
 * Each chunk stands behind a savepoint: its lock on the table, which no change of the table's shape can
 * pass, is given back with it. So nobody who alters a table waits longer than for one chunk.
 */
import { assert, type MillraceError } from '@millrace/base'
import { BinaryRows } from '../binary/binary-rows.ts'
import type { ColumnForm } from '../binary/column-format.ts'
import type { Table } from '../catalog/table.ts'
import type { Connection } from '../connect.ts'
import { CopyRow } from '../snapshot/copy-row.ts'
import { sourceError } from '../source-error.ts'
import { FrameReader } from '../wire/frame-reader.ts'
import { RawConnection } from '../wire/raw-connection.ts'
import { readTypeOids } from '../wire/row-description.ts'
import { MESSAGE, readServerError, type ServerError } from '../wire/server-message.ts'
import type { Chunk } from './chunk-plan.ts'

const DATA_ROW = 0x44
const ROW_DESCRIPTION = 0x54

export interface ChunkJob {
  readonly table: Table
  readonly chunk: Chunk
  readonly onBegin: () => void
  /** A row's cells in `row`; they hold until the next one. A promise is awaited. */
  readonly onRow: (row: CopyRow, bytes: number) => Promise<void> | null
  /** Rows of a chunk in binary form; they hold until the next ones. */
  readonly onRows?: (rows: BinaryRows) => Promise<void> | null
  readonly onEnd: () => Promise<void>
  /** The chunk cannot be read, though the connection lives. */
  readonly onFailure: (error: MillraceError | 'rewritten') => void
}

export class ChunkReader {
  readonly #connection: Connection
  readonly #raw: RawConnection
  readonly #frames = new FrameReader()
  #rows: BinaryRows | null = null

  constructor(connection: Connection) {
    this.#connection = connection
    this.#raw = new RawConnection(connection)
  }

  close(): void {
    this.#raw.close()
  }

  /** Reads what `next` yields until it yields nothing. Rejects where the connection is lost. */
  async run(next: () => ChunkJob | null): Promise<void> {
    let ahead = next()
    if (ahead !== null) this.#ask(ahead.chunk)
    while (ahead !== null) {
      const job: ChunkJob = ahead
      ahead = next()
      if (ahead !== null) this.#ask(ahead.chunk)
      const failure = await this.#receive(job)
      if (failure === null) await job.onEnd()
      // The server knows of no failure then, and goes on with what was asked for ahead.
      else if (failure === 'rewritten') job.onFailure(failure)
      else {
        // What was asked for ahead fails with it, and is asked for again.
        if (ahead !== null) assert((await this.#receive(ahead)) !== null, 'nothing succeeds after an error')
        await this.#recover()
        if (ahead !== null) this.#ask(ahead.chunk)
        job.onFailure(failure)
      }
    }
  }

  #ask({ lock, relation, copy }: Chunk): void {
    const file = `SELECT coalesce(pg_relation_filenode(${relation}), 0)::int8::text`
    this.#raw.query(`SAVEPOINT chunk; ${lock}; ${file}; ${copy}; ROLLBACK TO SAVEPOINT chunk; RELEASE SAVEPOINT chunk`)
  }

  async #recover(): Promise<void> {
    this.#raw.query('ROLLBACK TO SAVEPOINT chunk; RELEASE SAVEPOINT chunk')
    const error = await this.#answer(() => null)
    if (error !== null) throw sourceError(error, this.#connection.address, 'connected')
  }

  async #receive(job: ChunkJob): Promise<MillraceError | 'rewritten' | null> {
    job.onBegin()
    const { forms } = job.chunk
    const error = forms === null ? await this.#receiveText(job) : await this.#receiveBinary(job, forms)
    return error === null || error === 'rewritten' ? error : sourceError(error, this.#connection.address, 'connected')
  }

  async #receiveText({ table, chunk, onRow }: ChunkJob): Promise<ServerError | 'rewritten' | null> {
    const row = new CopyRow(table.schema.columns.length)
    const frames = this.#frames
    let isRewritten = false
    const error = await this.#answer(() => {
      if (frames.kind === MESSAGE.COPY_DATA) {
        if (isRewritten) return null
        row.read(frames.buffer, frames.start, frames.end)
        return onRow(row, frames.end - frames.start)
      }
      if (frames.kind === DATA_ROW && chunk.file !== null) isRewritten = this.#text() !== String(chunk.file)
      return null
    })
    return error ?? (isRewritten ? 'rewritten' : null)
  }

  /** Bytes that would be read as another type than they are would be wrong values: so the types are looked at under the lock. */
  async #receiveBinary({ chunk, onRows }: ChunkJob, forms: readonly ColumnForm[]): Promise<ServerError | 'rewritten' | null> {
    const rows = this.#rows?.forms === forms ? this.#rows : (this.#rows = new BinaryRows(forms))
    const frames = this.#frames
    let isRewritten = false
    let isDescribed = false
    rows.restart()
    const hand = (): Promise<void> | null => {
      const wait = rows.count === 0 ? null : (onRows?.(rows) ?? null)
      rows.clear()
      return wait
    }
    const onFrame = (): Promise<void> | null => {
      if (frames.kind === MESSAGE.COPY_DATA) {
        if (isRewritten) return null
        // A frame that spans two reads lies by itself.
        const wait = rows.isFull || rows.buffer !== frames.buffer ? hand() : null
        if (wait !== null) return wait.then(() => rows.add(frames.buffer, frames.start, frames.end))
        do rows.add(frames.buffer, frames.start, frames.end)
        while (!rows.isFull && frames.nextOf(MESSAGE.COPY_DATA))
        return null
      }
      if (frames.kind === ROW_DESCRIPTION && !isDescribed) {
        isDescribed = true
        const oids = readTypeOids(frames.buffer, frames.start)
        isRewritten = forms.some(({ typeOid }, column) => typeOid !== null && typeOid !== oids[column])
      } else if (frames.kind === DATA_ROW && chunk.file !== null) isRewritten ||= this.#text() !== String(chunk.file)
      return null
    }
    const error = await this.#answer(onFrame, hand)
    return error ?? (isRewritten ? 'rewritten' : null)
  }

  /** The one cell of a row: a count of cells, a length, the text. */
  #text(): string {
    const { buffer, start, end } = this.#frames
    return buffer.toString('latin1', start + 6, end)
  }

  /** Up to the end of what was asked; the error in it, if there is one. `onPause` is told before the bytes at hand go. */
  async #answer(onFrame: () => Promise<void> | null, onPause: () => Promise<void> | null = () => null): Promise<ServerError | null> {
    const frames = this.#frames
    let error: ServerError | null = null
    for (;;) {
      while (frames.next()) {
        if (frames.kind === MESSAGE.READY) {
          await onPause()
          return error
        }
        if (frames.kind === MESSAGE.ERROR) error ??= readServerError(frames.buffer, frames.start, frames.end)
        else {
          const wait = onFrame()
          if (wait !== null) await wait
        }
      }
      const pause = onPause()
      if (pause !== null) await pause
      const bytes = await this.#raw.read()
      if (bytes === null) await this.#raw.lost()
      else frames.push(bytes)
    }
  }
}
