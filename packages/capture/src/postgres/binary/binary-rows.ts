/**
 * Some rows of COPY's binary format, where they lie: for each column where its cells begin and end. They are
 * read column by column, so that each type's reader is one short loop. Kept and used again.
 */
import { assert } from '@millrace/base'
import type { Cells } from '../pgoutput/tuple.ts'
import { readUint32 } from '../wire/read-uint32.ts'
import type { ColumnForm } from './column-format.ts'

export const ROWS_MAX = 512
const IS_NULL = -1
const NO_VALUE = 0xffff_ffff
/** `PGCOPY\n\377\r\n\0`, flags, and the length of what an extension would add. */
const HEADER_BYTES = 19
const EXTENSION_AT = 15
const END_OF_ROWS = 0xffff

export class BinaryRows {
  readonly forms: readonly ColumnForm[]
  /** The cell of a column and row is at `column * ROWS_MAX + row`; it begins below zero where it is null. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** All rows lie in it. */
  buffer: Buffer = Buffer.alloc(0)
  count = 0
  bytes = 0
  #isBegun = false

  constructor(forms: readonly ColumnForm[]) {
    this.forms = forms
    this.starts = new Int32Array(forms.length * ROWS_MAX)
    this.ends = new Int32Array(forms.length * ROWS_MAX)
  }

  get isFull(): boolean {
    return this.count === ROWS_MAX
  }

  /** Another COPY begins. */
  restart(): void {
    this.clear()
    this.#isBegun = false
  }

  /** The rows were read. */
  clear(): void {
    this.count = 0
    this.bytes = 0
  }

  /** The body of one message: the header or a row, or both. */
  add(buffer: Buffer, start: number, end: number): void {
    let at = start
    if (!this.#isBegun) {
      at += HEADER_BYTES + readUint32(buffer, start + EXTENSION_AT)
      this.#isBegun = true
      if (at === end) return
    }
    const columns = (buffer[at] as number) * 256 + (buffer[at + 1] as number)
    at += 2
    if (columns === END_OF_ROWS && at === end) return
    const { starts, ends, forms } = this
    assert(columns === forms.length && !this.isFull, 'a row of COPY has the columns that were asked for')
    for (let cell = this.count; cell < starts.length; cell += ROWS_MAX) {
      const length = readUint32(buffer, at)
      at += 4
      if (length === NO_VALUE) starts[cell] = IS_NULL
      else {
        starts[cell] = at
        at += length
        ends[cell] = at
      }
    }
    assert(at === end, 'a row of COPY ends with its last cell')
    this.buffer = buffer
    this.count += 1
    this.bytes += end - start
  }

  /** Where the cells of one row lie. */
  locate(row: number, cells: Cells): void {
    for (let column = 0, cell = row; cell < this.starts.length; column += 1, cell += ROWS_MAX) {
      cells.starts[column] = this.starts[cell] as number
      cells.ends[column] = this.ends[cell] as number
    }
  }

  /** Takes over one row of others. */
  take(from: BinaryRows, row: number): void {
    const { starts, ends } = this
    for (let cell = this.count, other = row; cell < starts.length; cell += ROWS_MAX, other += ROWS_MAX) {
      starts[cell] = from.starts[other] as number
      ends[cell] = from.ends[other] as number
    }
    this.buffer = from.buffer
    this.count += 1
  }
}
