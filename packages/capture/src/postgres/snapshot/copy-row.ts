/**
 * A row of COPY's text format: cells between tabs, `\N` for null, a backslash before what would
 * confuse. Postgres prints the value itself exactly as it does in a change, so the same parsers read it.
 */
import { assert } from '@millrace/base'
import { type Cells, makeCells } from '../pgoutput/tuple.ts'

const TAB = 0x09
const BACKSLASH = 0x5c
const LETTER_N = 0x4e
const IS_NULL = -1

const UNESCAPED = new Uint8Array(256)
for (let byte = 0; byte < 256; byte += 1) UNESCAPED[byte] = byte
for (const [letter, byte] of Object.entries({ b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 })) UNESCAPED[letter.charCodeAt(0)] = byte

export class CopyRow {
  readonly cells: Cells
  /** The bytes that `cells` point into: the connection's own, or a copy without the backslashes. */
  buffer: Buffer = Buffer.alloc(0)
  #scratch = Buffer.alloc(4096)

  constructor(columns: number) {
    this.cells = makeCells(columns)
  }

  /** Finds the cells of the row in `[start, end)`, whose last byte is the line break. */
  read(buffer: Buffer, start: number, end: number): void {
    if (!this.#readPlain(buffer, start, end - 1)) this.#readEscaped(buffer, start, end - 1)
  }

  /** False at the first backslash: most rows have none. */
  #readPlain(buffer: Buffer, start: number, end: number): boolean {
    const { starts, ends } = this.cells
    this.buffer = buffer
    let column = 0
    starts[0] = start
    for (let at = start; at < end; at += 1) {
      const byte = buffer[at]
      if (byte === BACKSLASH) return false
      if (byte !== TAB) continue
      ends[column] = at
      column += 1
      starts[column] = at + 1
    }
    ends[column] = end
    assert(column === starts.length - 1, 'a row of COPY has the columns that were asked for')
    return true
  }

  #readEscaped(buffer: Buffer, start: number, end: number): void {
    if (this.#scratch.length < end - start) this.#scratch = Buffer.alloc((end - start) * 2)
    const { starts, ends } = this.cells
    const scratch = this.#scratch
    this.buffer = scratch
    let column = 0
    let to = 0
    let isNull = false
    starts[0] = 0
    for (let at = start; at <= end; at += 1) {
      const byte = at === end ? TAB : (buffer[at] as number)
      if (byte === TAB) {
        if (isNull) starts[column] = IS_NULL
        ends[column] = to
        column += 1
        isNull = false
        if (at < end) starts[column] = to
      } else if (byte === BACKSLASH) {
        at += 1
        if (buffer[at] === LETTER_N) isNull = true
        else scratch[to++] = UNESCAPED[buffer[at] as number] as number
      } else {
        scratch[to++] = byte
      }
    }
    assert(column === starts.length, 'a row of COPY has the columns that were asked for')
  }
}
