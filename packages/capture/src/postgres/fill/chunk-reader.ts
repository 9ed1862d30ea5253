/**
 * One connection that reads chunks under a snapshot. The next chunk is asked for before the last one has
 * come, so that the server never waits for us.
 *
 * Each chunk stands behind a savepoint: its lock on the table, which no change of the table's shape can
 * pass, is given back with it. So nobody who alters a table waits longer than for one chunk.
 */
import { assert, type MillraceError } from '@millrace/base'
import type { Table } from '../catalog/table.ts'
import type { Connection } from '../connect.ts'
import { CopyRow } from '../snapshot/copy-row.ts'
import { sourceError } from '../source-error.ts'
import { FrameReader } from '../wire/frame-reader.ts'
import { RawConnection } from '../wire/raw-connection.ts'
import { MESSAGE, readServerError, type ServerError } from '../wire/server-message.ts'
import type { Chunk } from './chunk-plan.ts'

const DATA_ROW = 0x44

export interface ChunkJob {
  readonly table: Table
  readonly chunk: Chunk
  readonly onBegin: () => void
  /** A row's cells in `row`; they hold until the next one. A promise is awaited. */
  readonly onRow: (row: CopyRow, bytes: number) => Promise<void> | null
  readonly onEnd: () => Promise<void>
  /** The chunk cannot be read, though the connection lives. */
  readonly onFailure: (error: MillraceError | 'rewritten') => void
}

export class ChunkReader {
  readonly #connection: Connection
  readonly #raw: RawConnection
  readonly #frames = new FrameReader()

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

  async #receive({ table, chunk, onBegin, onRow }: ChunkJob): Promise<MillraceError | 'rewritten' | null> {
    onBegin()
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
    if (error !== null) return sourceError(error, this.#connection.address, 'connected')
    return isRewritten ? 'rewritten' : null
  }

  /** The one cell of a row: a count of cells, a length, the text. */
  #text(): string {
    const { buffer, start, end } = this.#frames
    return buffer.toString('latin1', start + 6, end)
  }

  /** Up to the end of what was asked; the error in it, if there is one. */
  async #answer(onFrame: () => Promise<void> | null): Promise<ServerError | null> {
    const frames = this.#frames
    let error: ServerError | null = null
    for (;;) {
      while (frames.next()) {
        if (frames.kind === MESSAGE.READY) return error
        if (frames.kind === MESSAGE.ERROR) error ??= readServerError(frames.buffer, frames.start, frames.end)
        else {
          const wait = onFrame()
          if (wait !== null) await wait
        }
      }
      const bytes = await this.#raw.read()
      if (bytes === null) await this.#raw.lost()
      else frames.push(bytes)
    }
  }
}
