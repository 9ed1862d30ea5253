/**
 * Where the cells of a piece of CSV are. Nothing is decoded here: a cell is a pair of places in the bytes.
 *
 * Laws. What is found depends on the bytes alone, never on how they were cut into pieces: a piece's last
 * record that is not complete is left for the next piece. A record that cannot be cut (a quote that is never
 * closed or is followed by something, a record over its limit) is bad up to the end of its first line, and
 * reading goes on at the next line: what was swallowed by a lost quote is read again for itself.
 */
import { type Scanner, scanner } from '../scan/scanner.ts'
import type { Dialect } from './dialect.ts'

const LF = 10
const CR = 13

/** What a cell is, beside its place. `ESCAPED` is quoted, with quotes in it; `MISSING` is one that its record does not have. */
export const MARK = { PLAIN: 0, QUOTED: 1, ESCAPED: 2, MISSING: 3 } as const

export interface BadLine {
  readonly start: number
  readonly end: number
  readonly line: number
  /** Counted from the first record of the piece. */
  readonly record: number
  readonly reason: string
}

export interface ControlLine {
  readonly start: number
  readonly end: number
}

export class Tokenizer {
  readonly #dialect: Dialect
  /** What ends the search in a cell that is not in quotes. */
  readonly #stops: Uint8Array
  readonly scanner: Scanner = scanner()
  readonly #wanted: readonly number[]
  readonly #capacity: number
  /** Cells per record; others are ragged. */
  width: number
  /** How many fields the last record had. */
  fields = 0

  /** Of the piece that was cut last. */
  rows = 0
  records = 0
  line = 1
  readonly marks: Uint8Array
  marked = false
  #markedCells = 0
  readonly rowStarts: Int32Array
  readonly rowEnds: Int32Array
  readonly rowLines: Int32Array
  readonly rowRecords: Int32Array
  bad: BadLine[] = []
  controls: ControlLine[] = []

  /** `cells`: of so many at most, and of one record more, the places are kept; what is beyond is left for the next cut. */
  constructor(dialect: Dialect, width: number, cells: number) {
    this.#dialect = dialect
    this.width = width
    this.#stops = new Uint8Array(256)
    for (const byte of [dialect.delimiter, LF, CR]) this.#stops[byte] = 1
    const { quote, escape } = dialect
    this.#wanted = [...new Set([dialect.delimiter, LF, CR, ...(quote < 0 ? [] : [quote, escape])])]
    this.#capacity = cells + width + 1
    this.marks = new Uint8Array(this.#capacity)
    const rows = Math.floor(this.#capacity / width) + 1
    this.rowStarts = new Int32Array(rows)
    this.rowEnds = new Int32Array(rows)
    this.rowLines = new Int32Array(rows)
    this.rowRecords = new Int32Array(rows)
  }

  /** Where the cells begin and end, of the piece that was cut last in this thread. */
  get starts(): Int32Array {
    return this.scanner.starts
  }

  get ends(): Int32Array {
    return this.scanner.ends
  }

  /**
   * Cuts `bytes[from, to)` and returns where it stopped. `bytes[to]` must be there to be written to: a line
   * end stands there meanwhile, so that no step has to ask whether the piece is at its end. `final`: no
   * more will come. At most `limit` rows.
   */
  cut(bytes: Buffer, from: number, to: number, options: { readonly final: boolean; readonly limit: number }): number {
    if (this.marked) this.marks.fill(0, 0, this.#markedCells)
    this.marked = false
    this.#markedCells = 0
    this.rows = 0
    this.records = 0
    this.bad = []
    this.controls = []
    const kept = bytes[to] as number
    bytes[to] = LF
    try {
      return this.#cut(bytes, from, to, options)
    } finally {
      bytes[to] = kept
    }
  }

  #cut(bytes: Buffer, from: number, to: number, { final, limit }: { final: boolean; limit: number }): number {
    const { delimiter, quote, recordBytesMax, trim, blank } = this.#dialect
    this.scanner.open({ bytes, from, to, cells: this.#capacity }, this.#wanted)
    const { starts, ends, places } = this.scanner
    const { width } = this
    const stops = this.#stops
    const lastCell = this.#capacity - width
    const leads = this.#dialect.comment !== null || this.#dialect.trailer !== null
    const plain = !leads && !trim && width > 1
    let at = from
    /** Of the first place that is not before `at`. */
    let place = 0
    while (at < to && this.rows < limit) {
      const recordStart = at
      const firstPlace = place
      const firstCell = this.rows * width
      if (firstCell > lastCell) break
      if (leads) {
        const passed = this.#lead(bytes, at, to, final)
        if (passed === -1) break
        if (passed > at) {
          at = passed
          if (this.overlong) break
          while ((places[place] as number) < at) place += 1
          continue
        }
      }
      if (plain) {
        const end = this.#plainRecord(bytes, at, place)
        if (end > 0 && end + 1 < to && end - at <= recordBytesMax) {
          at = this.#endOfRecord(bytes, at, end, to, width)
          place += width
          if ((places[place] as number) < at) place += 1
          continue
        }
      }
      let cell = firstCell
      let field = 0
      let wrong = 0
      for (;;) {
        let start = at
        let end: number
        if (trim) while (bytes[start] === 0x20 || bytes[start] === blank) start += 1
        if (bytes[start] === quote && start < to) {
          const mark = this.#quoted(bytes, place + 1, to)
          if (mark < 0) {
            wrong = mark
            break
          }
          end = this.#closing
          at = this.#next
          place = this.#nextPlace
          start += 1
          if (field < width) this.#mark(cell, mark)
        } else {
          at = places[place] as number
          // A quote within a cell that does not begin with one is a character like others.
          while (stops[bytes[at] as number] === 0) {
            place += 1
            at = places[place] as number
          }
          end = at
          if (trim) while (end > start && (bytes[end - 1] === 0x20 || bytes[end - 1] === blank)) end -= 1
        }
        if (field < width) {
          starts[cell] = start
          ends[cell] = end
          cell += 1
        }
        field += 1
        if (bytes[at] !== delimiter || at >= to) break
        at += 1
        place += 1
      }
      // At the end of the piece, a record is complete only if nothing can follow.
      const open = wrong === OPEN || (wrong === 0 && (at >= to || (bytes[at] === CR && at + 1 >= to)))
      const length = (wrong === 0 ? at : wrong === OPEN ? to : this.#next) - recordStart
      if (open && !final && length <= recordBytesMax) {
        this.#forget(firstCell, cell)
        return recordStart
      }
      if (wrong !== 0 || length > recordBytesMax) {
        this.#forget(firstCell, cell)
        const resumed = this.#giveUp(bytes, recordStart, to, final, length > recordBytesMax ? TOO_LONG : wrong)
        if (resumed === -1) return recordStart
        at = resumed
        if (this.overlong) break
        place = firstPlace
      } else {
        at = this.#endOfRecord(bytes, recordStart, at, to, field)
      }
      while ((places[place] as number) < at) place += 1
    }
    return Math.min(at, to)
  }

  /**
   * Where a record ends that has as many cells as it should and not one quote; 0 for any other. Which of its
   * bytes is another is asked once, at its end: a question for each cell takes longer than the cell.
   */
  #plainRecord(bytes: Buffer, from: number, place: number): number {
    const { width } = this
    const { starts, ends, places } = this.scanner
    const { delimiter } = this.#dialect
    const last = place + width - 1
    let cell = this.rows * width
    let start = from
    let differs = 0
    for (let each = place; each < last; each += 1, cell += 1) {
      const end = places[each] as number
      differs |= (bytes[end] as number) ^ delimiter
      starts[cell] = start
      ends[cell] = end
      start = end + 1
    }
    const end = places[last] as number
    starts[cell] = start
    ends[cell] = end
    return differs === 0 && (bytes[end] === LF || bytes[end] === CR) ? end : 0
  }

  #closing = 0
  #next = 0
  #nextPlace = 0
  #breaks = 0

  /** Reads on from the first place after an opening quote; the kind of the cell, or what is wrong. */
  #quoted(bytes: Buffer, from: number, to: number): number {
    const { quote, escape, delimiter, trim, blank } = this.#dialect
    const { places } = this.scanner
    let escaped = false
    let place = from
    let at = places[place] as number
    for (; at < to; at = places[place] as number) {
      const byte = bytes[at] as number
      // At the end of a piece that is not the last, what is decided here is decided again with what follows.
      if (byte === escape && at + 1 < to && (bytes[at + 1] === quote || (escape !== quote && bytes[at + 1] === escape))) {
        escaped = true
        place += 2
        continue
      }
      if (byte === quote) break
      if (byte === LF || (byte === CR && bytes[at + 1] !== LF)) this.#breaks += 1
      place += 1
    }
    if (at >= to) return OPEN
    this.#closing = at
    at += 1
    if (trim) while (bytes[at] === 0x20 || bytes[at] === blank) at += 1
    this.#next = at
    this.#nextPlace = place + 1
    if (at < to && bytes[at] !== delimiter && bytes[at] !== LF && bytes[at] !== CR) return AFTER_QUOTE
    return escaped ? MARK.ESCAPED : MARK.QUOTED
  }

  #mark(cell: number, mark: number): void {
    this.marks[cell] = mark
    this.marked = true
    if (cell >= this.#markedCells) this.#markedCells = cell + 1
  }

  /** Marks of cells that will be written again. */
  #forget(firstCell: number, cell: number): void {
    if (this.marked) this.marks.fill(0, firstCell, cell + 1)
    this.#breaks = 0
  }

  /** A record is whole; it is a row, ragged or blank. Returns where the next one begins. */
  #endOfRecord(bytes: Buffer, start: number, end: number, to: number, fields: number): number {
    const next = end < to ? afterBreak(bytes, end) : to
    const line = this.line
    this.line += 1 + this.#breaks
    this.#breaks = 0
    if (start === end && this.width > 1) return next
    this.fields = fields
    const firstCell = this.rows * this.width
    if (fields !== this.width) {
      if (!this.#dialect.fill) {
        if (this.marked) this.marks.fill(0, firstCell, firstCell + this.width)
        const reason = `it has ${fields} ${fields === 1 ? 'field' : 'fields'} where ${this.width} belong`
        this.bad.push({ start, end, line, record: this.records, reason })
        this.records += 1
        return next
      }
      for (let field = fields; field < this.width; field += 1) {
        this.#mark(firstCell + field, MARK.MISSING)
        this.starts[firstCell + field] = end
        this.ends[firstCell + field] = end
      }
    }
    const row = this.rows
    this.rowStarts[row] = start
    this.rowEnds[row] = end
    this.rowLines[row] = line
    this.rowRecords[row] = this.records
    this.records += 1
    this.rows = row + 1
    return next
  }

  /**
   * A record that cannot be cut is bad up to the end of its first line. -1 if that end is not here yet
   * though the record may still be within its limit. What is too long for one line is cut at the limit, and
   * whoever feeds the tokenizer drops the rest of the line: see `overlong`.
   */
  #giveUp(bytes: Buffer, start: number, to: number, final: boolean, wrong: number): number {
    const limit = Math.min(to, start + this.#dialect.recordBytesMax + 1)
    let end = start
    while (end < limit && bytes[end] !== LF && bytes[end] !== CR) end += 1
    const broken = end < limit
    if (broken && !final && bytes[end] === CR && end + 1 >= to) return -1
    if (!broken && !final && to - start <= this.#dialect.recordBytesMax) return -1
    this.bad.push({ start, end, line: this.line, record: this.records, reason: reasonOf(wrong, this.#dialect.recordBytesMax) })
    this.records += 1
    this.line += 1
    if (broken) return afterBreak(bytes, end)
    this.overlong = end < to || !final
    return end
  }

  /** True when the rest of a line, from where the cut stopped, is to be dropped up to and with its line end. */
  overlong = false

  /** Comments and control records. -1: not enough bytes to tell. Else where to go on; the same place if it is neither. */
  #lead(bytes: Buffer, at: number, to: number, final: boolean): number {
    const { comment, trailer, delimiter, recordBytesMax } = this.#dialect
    const isComment = comment !== null && startsWith(bytes, at, to, comment)
    const after = at + (trailer?.length ?? 0)
    const isControl =
      !isComment && trailer !== null && startsWith(bytes, at, to, trailer) && (after >= to || endsCell(bytes[after] as number, delimiter))
    if (!isComment && !isControl) {
      const longest = Math.max(comment?.length ?? 0, trailer?.length ?? 0) + 1
      return !final && to - at < longest ? -1 : at
    }
    let end = at
    while (end < to && bytes[end] !== LF && bytes[end] !== CR) end += 1
    const open = end >= to || (bytes[end] === CR && end + 1 >= to)
    if (open && !final && end - at <= recordBytesMax) return -1
    if (isControl) this.controls.push({ start: at, end })
    this.line += 1
    if (open && !final) this.overlong = true
    if (end >= to || this.overlong) return end
    return afterBreak(bytes, end)
  }
}

const OPEN = -1
const AFTER_QUOTE = -2
const TOO_LONG = -3

function reasonOf(wrong: number, recordBytesMax: number): string {
  if (wrong === OPEN) return 'a quote is opened and never closed'
  if (wrong === AFTER_QUOTE) return 'something stands between a closing quote and the end of its field'
  return `it is longer than ${recordBytesMax} bytes, or a quote in it is never closed`
}

function startsWith(bytes: Buffer, at: number, to: number, lead: Buffer): boolean {
  return at + lead.length <= to && bytes.compare(lead, 0, lead.length, at, at + lead.length) === 0
}

function endsCell(byte: number, delimiter: number): boolean {
  return byte === delimiter || byte === LF || byte === CR
}

export function afterBreak(bytes: Buffer, at: number): number {
  return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : at + 1
}
