/**
 * Reads tables as they were at one place of the binlog. Rows are appended to an open tail, which nobody sees;
 * one commit shows all of them at once, with the place to go on from (laws 1 and 3). A read view ends with its connection, so a snapshot that is cut short is thrown away and begun
 * anew, exactly.
 */
import { reach } from '@millrace/base'
import { CELL, type LogReader, type LogWriter, OPERATION, type StreamDefinition, type VectorBuilder } from '@millrace/core'
import type { Table } from '../catalog/table.ts'
import { KeyHash } from '../cell/key-hash.ts'
import type { TextCell } from '../cell/text-cell.ts'
import type { PendingChanges, PendingSlot } from '../pending-changes.ts'
import { RawConnection } from '../wire/raw-connection.ts'
import { CHUNK_ROWS, isChunkable, keyLiterals, selectOf } from './chunk-query.ts'
import type { OpenSnapshot } from './open-snapshot.ts'
import { ResultRows, type RowCells } from './result-rows.ts'

/** One part of the snapshot in the log; at most two are in memory. */
const PART_BYTES = 2_000_000

export interface SnapshotOptions {
  readonly snapshot: OpenSnapshot
  readonly tables: readonly Table[]
  /** Streams that were captured before and are no more: they are emptied. */
  readonly gone: readonly StreamDefinition[]
  /** Of the tables, as the log has been told. */
  readonly definitions: readonly StreamDefinition[]
  readonly pending: PendingChanges
  readonly writer: LogWriter
  readonly reader: LogReader
  /** The open tail that the rows go to, for whoever asked for the snapshot to show. */
  readonly tail: string
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
  readonly #rows: ResultRows
  readonly #hash = new KeyHash()
  #committing: Promise<unknown> = Promise.resolve()
  #unflushed = 0

  constructor(options: SnapshotOptions) {
    const { connection } = options.snapshot
    this.#options = options
    this.#raw = new RawConnection(connection)
    this.#rows = new ResultRows(this.#raw, connection.address)
  }

  async run(): Promise<void> {
    const { tail, tables, pending, writer, signal, snapshot } = this.#options
    const stop = (): void => this.#raw.close()
    signal.addEventListener('abort', stop, { once: true })
    try {
      const slots = this.#slots()
      this.#forgetEarlierRows(slots)
      const appends = pending.take(tail)
      if (appends.length > 0) await writer.commit({ appends })
      // Those that are held still come first, so that they are held no longer than they must.
      const ordered = [...tables].sort((left, right) => Number(right.isUnversioned) - Number(left.isUnversioned))
      for (const [at, table] of ordered.entries()) {
        if (!table.isUnversioned && ordered[at - 1]?.isUnversioned !== false) snapshot.release()
        await this.#copy(table, slots.get(table.stream) ?? [])
      }
      snapshot.release()
      await this.#flush()
      await this.#committing
    } finally {
      signal.removeEventListener('abort', stop)
      this.#raw.close()
      await this.#committing.catch(() => undefined)
    }
  }

  #slots(): Map<string, PendingSlot[]> {
    const { definitions, pending } = this.#options
    return new Map(
      definitions.map(({ name, partitions, schema }) => [
        name,
        Array.from({ length: partitions }, (_, partition) => pending.slot(name, partition, schema)),
      ]),
    )
  }

  /** Streams that hold rows are emptied in the same cut, so that deletes are found too. */
  #forgetEarlierRows(slots: ReadonlyMap<string, readonly PendingSlot[]>): void {
    const { reader, gone, pending } = this.#options
    const known = new Set(reader.streams().map(({ name }) => name))
    const isFilled = (stream: string): boolean => known.has(stream) && reader.extents(stream).some(({ next }) => next > 0)
    for (const [stream, own] of slots) if (isFilled(stream)) pending.empty(own)
    for (const { name, partitions, schema } of gone) {
      if (isFilled(name)) pending.empty(Array.from({ length: partitions }, (_, partition) => pending.slot(name, partition, schema)))
    }
  }

  async #copy(table: Table, slots: readonly PendingSlot[]): Promise<void> {
    const { pending } = this.#options
    const { cells } = table
    const readers = cells.map(({ read }) => read)
    const isChunked = isChunkable(table)
    for (let after: readonly string[] | null = null; ;) {
      let left = CHUNK_ROWS
      let last: readonly string[] | null = null
      const rows = await this.#rows.select(selectOf(table, after), cells.length, (row, bytes) => {
        const slot = slots.length === 1 ? slots[0] : slots[this.#partitionOf(table, row, slots.length)]
        if (slot !== undefined) pushRow(row, readers, slot.start(OPERATION.INSERT, false).after)
        left -= 1
        if (isChunked && left === 0) last = keyLiterals(table, row)
        this.#unflushed += 1
        pending.bytes += bytes
        return pending.bytes >= PART_BYTES ? this.#flush() : null
      })
      if (!isChunked || rows < CHUNK_ROWS) break
      after = last
    }
    await this.#flush()
  }

  #partitionOf({ schema, cells }: Table, { buffer, starts, ends }: RowCells, partitions: number): number {
    const hash = this.#hash
    hash.reset()
    for (const index of schema.key) (cells[index] as TextCell).read(buffer, starts[index] as number, ends[index] as number, hash)
    return hash.value % partitions
  }

  /** While one part is written, the next one is read. */
  async #flush(): Promise<void> {
    const { tail, pending, writer, onRows } = this.#options
    onRows(this.#unflushed)
    this.#unflushed = 0
    const appends = pending.take(tail)
    if (appends.length === 0) return
    await this.#committing
    this.#committing = writer.commit({ appends })
    this.#committing.catch(() => undefined)
    reach('capture.in-snapshot')
  }
}

function pushRow({ buffer, starts, ends }: RowCells, readers: readonly TextCell['read'][], builders: readonly VectorBuilder[]): void {
  for (let at = 0; at < readers.length; at += 1) {
    const start = starts[at] as number
    if (start < 0) (builders[at] as VectorBuilder).pushCell(CELL.NULL)
    else (readers[at] as TextCell['read'])(buffer, start, ends[at] as number, builders[at] as VectorBuilder)
  }
}
