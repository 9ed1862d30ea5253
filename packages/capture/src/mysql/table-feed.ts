/** Turns the rows of one table, in the shape that its TABLE_MAP told, into pending changes. */
import { type BatchBuilder, CELL, OPERATION, type VectorBuilder } from '@millrace/core'
import type { BinlogCell } from './cell/binlog-cell.ts'
import { KeyHash } from './cell/key-hash.ts'
import type { PendingSlot } from './pending-changes.ts'
import { MalformedError } from './binlog/malformed.ts'

const NULL = -1
const MISSING = -2

export interface TableFeedOptions {
  /** One for each column of the TABLE_MAP. */
  readonly cells: readonly BinlogCell[]
  /** For each column of the stream, which of the TABLE_MAP's it is. */
  readonly targets: readonly number[]
  /** Indexes of the key among the stream's columns. */
  readonly key: readonly number[]
  /** One for each partition. */
  readonly slots: readonly PendingSlot[]
}

/** The rows of one event: their bytes, and which columns they hold. */
export interface RowsBody {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  /** A bit for each column, the lowest first; of an update, of the row before. */
  readonly present: Buffer
  /** Of an update, of the row after. */
  readonly presentAfter: Buffer
}

export class TableFeed {
  readonly #cells: readonly BinlogCell[]
  readonly #sizes: Int32Array
  readonly #targets: readonly number[]
  readonly #key: readonly number[]
  readonly #slots: readonly PendingSlot[]
  readonly #hash = new KeyHash()
  #row: Located
  #old: Located

  constructor({ cells, targets, key, slots }: TableFeedOptions) {
    this.#cells = cells
    this.#sizes = Int32Array.from(cells, ({ size }) => size)
    this.#targets = targets
    this.#key = key
    this.#slots = slots
    this.#row = located(cells.length)
    this.#old = located(cells.length)
  }

  get columnCount(): number {
    return this.#cells.length
  }

  /** False where a row lacks columns, as it does under `binlog_row_image = MINIMAL`: then nothing was taken. */
  insert(body: RowsBody): boolean {
    if (countOf(body.present, this.#cells.length) < this.#cells.length) return false
    for (let at = body.start; at < body.end;) {
      at = this.#locate(body, at, { present: body.present, into: this.#row })
      this.#push(body.buffer, this.#start(body.buffer, OPERATION.INSERT, false).after, MISSING)
    }
    return true
  }

  update(body: RowsBody): void {
    for (let at = body.start; at < body.end;) {
      at = this.#locate(body, at, { present: body.present, into: this.#old })
      at = this.#locate(body, at, { present: body.presentAfter, into: this.#row })
      this.#fillUnchanged()
      const builder = this.#start(body.buffer, OPERATION.UPDATE, true)
      this.#push(body.buffer, builder.after, CELL.UNCHANGED)
      this.#swap()
      this.#push(body.buffer, builder.before, CELL.ABSENT)
      this.#swap()
    }
  }

  /** Whether the rows after have others in one of these columns than the rows before. */
  changes(body: RowsBody, columns: readonly number[]): boolean {
    for (let at = body.start; at < body.end;) {
      at = this.#locate(body, at, { present: body.present, into: this.#old })
      at = this.#locate(body, at, { present: body.presentAfter, into: this.#row })
      if (columns.some((column) => !this.#isSame(body.buffer, column))) return true
    }
    return false
  }

  delete(body: RowsBody): void {
    for (let at = body.start; at < body.end;) {
      at = this.#locate(body, at, { present: body.present, into: this.#row })
      this.#push(body.buffer, this.#start(body.buffer, OPERATION.DELETE, false).after, CELL.ABSENT)
    }
  }

  #locate({ buffer, end }: RowsBody, start: number, { present, into }: { present: Buffer; into: Located }): number {
    const sizes = this.#sizes
    const { starts, ends } = into
    const columns = sizes.length
    const nulls = start
    const count = countOf(present, columns)
    let at = start + ((count + 7) >> 3)
    let bit = 0
    for (let column = 0; column < columns; column += 1) {
      if (((present[column >> 3] as number) & (1 << (column & 7))) === 0) {
        starts[column] = MISSING
        continue
      }
      const isNull = ((buffer[nulls + (bit >> 3)] as number) & (1 << (bit & 7))) !== 0
      bit += 1
      if (isNull) {
        starts[column] = NULL
        continue
      }
      const size = sizes[column] as number
      let length = size
      if (size < 0) {
        length = buffer[at] as number
        if (size < -1) length |= (buffer[at + 1] as number) << 8
        if (size < -2) length |= (buffer[at + 2] as number) << 16
        if (size < -3) length += (buffer[at + 3] as number) * 16_777_216
        at -= size
      }
      starts[column] = at
      at += length
      ends[column] = at
    }
    // NaN, which a read beyond the buffer gives, is not within the border either.
    if (!(at <= end) || count === 0) throw new MalformedError('a row ends beyond its event')
    return at
  }

  /** What the row after does not tell, though the row before does, is as it was. */
  #fillUnchanged(): void {
    const { starts, ends } = this.#row
    for (let column = 0; column < starts.length; column += 1) {
      if (starts[column] !== MISSING) continue
      starts[column] = this.#old.starts[column] as number
      ends[column] = this.#old.ends[column] as number
    }
  }

  /** What the row after does not tell is as it was. */
  #isSame(buffer: Buffer, column: number): boolean {
    const [start, old] = [this.#row.starts[column] as number, this.#old.starts[column] as number]
    if (start === MISSING) return true
    if (start < 0 || old < 0) return start === old
    return buffer.compare(buffer, old, this.#old.ends[column], start, this.#row.ends[column]) === 0
  }

  #push(buffer: Buffer, builders: readonly VectorBuilder[], missing: number): void {
    const cells = this.#cells
    const targets = this.#targets
    const { starts, ends } = this.#row
    for (let at = 0; at < targets.length; at += 1) {
      const column = targets[at] as number
      const start = starts[column] as number
      const builder = builders[at] as VectorBuilder
      if (start >= 0) (cells[column] as BinlogCell).read(buffer, start, ends[column] as number, builder)
      else builder.pushCell(start === NULL ? CELL.NULL : missing)
    }
  }

  #swap(): void {
    const row = this.#row
    this.#row = this.#old
    this.#old = row
  }

  #start(buffer: Buffer, operation: number, withBefore: boolean): BatchBuilder {
    const { length } = this.#slots
    const slot = this.#slots[length === 1 ? 0 : this.#partitionOf(buffer, length)] as PendingSlot
    return slot.start(operation, withBefore)
  }

  #partitionOf(buffer: Buffer, partitions: number): number {
    const hash = this.#hash
    const { starts, ends } = this.#row
    hash.reset()
    for (const index of this.#key) {
      const column = this.#targets[index] as number
      const start = starts[column] as number
      if (start >= 0) (this.#cells[column] as BinlogCell).read(buffer, start, ends[column] as number, hash)
      else hash.pushCell(CELL.NULL)
    }
    return hash.value % partitions
  }
}

interface Located {
  readonly starts: Float64Array
  readonly ends: Float64Array
}

function located(columns: number): Located {
  return { starts: new Float64Array(columns), ends: new Float64Array(columns) }
}

function countOf(present: Buffer, columns: number): number {
  let count = 0
  for (let column = 0; column < columns; column += 1) if (((present[column >> 3] as number) & (1 << (column & 7))) !== 0) count += 1
  return count
}
