/**
 * Cuts the bytes of a log into records: lines, or lines with those that continue them. It holds one record at
 * most, of a bounded size (law 8), and knows for the end of each the sum of all bytes before it, by which a
 * copy of the file is known again.
 */
import { crc32 } from 'node:zlib'

export interface LogRecord {
  /** Where it begins, and where the next one does, in bytes of the file. */
  readonly start: number
  readonly end: number
  /** CRC-32 of the file up to `end`. */
  readonly sum: number
  /** Without its last line end; of one that is too long, the beginning. */
  readonly bytes: Uint8Array
  readonly isTooLong: boolean
}

export interface CutterOptions {
  /** Where the first byte that is pushed stands, and the sum of what is before it. */
  readonly at: number
  readonly sum: number
  readonly recordBytesMax: number
  /** Begins a record; null where each line is one. */
  readonly start: RegExp | null
}

/** Of a record that is too long, what is kept. */
const RAW_BYTES_MAX = 65_536
const NEWLINE = 0x0a

interface Mark {
  readonly at: number
  readonly sum: number
}

class Growing {
  readonly #max: number
  #pieces: Uint8Array[] = []
  #kept = 0
  length = 0

  constructor(max: number) {
    this.#max = max
  }

  get isTooLong(): boolean {
    return this.length > this.#max
  }

  add(piece: Uint8Array): void {
    this.length += piece.length
    const room = (this.isTooLong ? Math.min(this.#max, RAW_BYTES_MAX) : this.#max) - this.#kept
    if (room <= 0) return
    const kept = piece.length <= room ? piece : piece.subarray(0, room)
    this.#pieces.push(kept)
    this.#kept += kept.length
  }

  /** A copy: the pieces are parts of larger buffers. */
  bytes(): Uint8Array {
    const whole = Buffer.concat(this.#pieces)
    return this.isTooLong ? whole.subarray(0, RAW_BYTES_MAX) : whole
  }
}

export class RecordCutter {
  readonly #options: CutterOptions
  #line: Growing
  #record: Growing | null = null
  #recordStart: Mark
  /** After the last line that belongs to the record. */
  #recordEnd: Mark
  #lineStart: Mark
  #read: Mark

  constructor(options: CutterOptions) {
    this.#options = options
    this.#line = new Growing(options.recordBytesMax)
    const here = { at: options.at, sum: options.sum }
    this.#recordStart = here
    this.#recordEnd = here
    this.#lineStart = here
    this.#read = here
  }

  /** Where the next byte to be pushed stands. */
  get readAt(): number {
    return this.#read.at
  }

  /** True if bytes were pushed that are in no record yet. */
  get holds(): boolean {
    return this.#record !== null || this.#line.length > 0
  }

  push(chunk: Uint8Array): LogRecord[] {
    const records: LogRecord[] = []
    for (let from = 0; from < chunk.length;) {
      const newline = chunk.indexOf(NEWLINE, from)
      const end = newline === -1 ? chunk.length : newline + 1
      const piece = chunk.subarray(from, end)
      this.#line.add(newline === -1 ? piece : piece.subarray(0, -1))
      this.#read = { at: this.#read.at + piece.length, sum: crc32(piece, this.#read.sum) }
      if (newline !== -1) this.#endLine(records)
      from = end
    }
    return records
  }

  /** Nothing followed for long enough: the record that continuing lines could follow is complete. */
  flushLines(): LogRecord[] {
    const records: LogRecord[] = []
    this.#endRecord(records)
    return records
  }

  /** Nothing will follow: what has no line end is a record too. */
  flushAll(): LogRecord[] {
    const records: LogRecord[] = []
    if (this.#line.length > 0) this.#endLine(records)
    this.#endRecord(records)
    return records
  }

  #endLine(records: LogRecord[]): void {
    const { start, recordBytesMax } = this.#options
    const line = this.#line
    this.#line = new Growing(recordBytesMax)
    const bytes = line.bytes()
    const begins = start === null || this.#record === null || start.test(Buffer.from(bytes).toString('utf8').replace(/\r$/, ''))
    if (begins) {
      this.#endRecord(records)
      this.#record = line
      this.#recordStart = this.#lineStart
    } else if (this.#record !== null) {
      this.#record.add(NEWLINE_BYTES)
      this.#record.add(bytes)
      this.#record.length += line.length - bytes.length
    }
    this.#lineStart = this.#read
    this.#recordEnd = this.#read
    if (start === null) this.#endRecord(records)
  }

  #endRecord(records: LogRecord[]): void {
    if (this.#record === null) return
    const { isTooLong } = this.#record
    const bytes = this.#record.bytes()
    this.#record = null
    const text = bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes
    records.push({ start: this.#recordStart.at, end: this.#recordEnd.at, sum: this.#recordEnd.sum, bytes: text, isTooLong })
  }
}

const NEWLINE_BYTES = Uint8Array.of(NEWLINE)
