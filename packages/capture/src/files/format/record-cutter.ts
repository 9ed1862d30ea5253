/** Where the records of a piece are, for the formats that are read record by record. */
import { MillraceError } from '@millrace/base'
import { RAW_BYTES_MAX } from './record-reader.ts'

export interface CutRecord {
  readonly start: number
  readonly end: number
  /** Null where the record is whole. */
  readonly problem: string | null
}

export interface Cut {
  readonly records: readonly CutRecord[]
  /** Where the next piece begins. */
  readonly stop: number
  /** True if what follows, up to the next line end, is to be dropped. */
  readonly overlong: boolean
}

export interface CutOrder {
  readonly from: number
  readonly to: number
  /** No more will come. */
  readonly final: boolean
}

export interface RecordCutter {
  cut(bytes: Buffer, order: CutOrder): Cut
  /** A line's end, or null where records have none and a lost one cannot be found again. */
  readonly breaks: ReadonlySet<number> | null
}

const LF = 0x0a
const CR = 0x0d
export const ASCII_BREAKS: ReadonlySet<number> = new Set([LF, CR])
/** CR, and the two that EBCDIC systems end lines with: NEL and LF. */
export const EBCDIC_BREAKS: ReadonlySet<number> = new Set([CR, 0x15, 0x25])

export class LineCutter implements RecordCutter {
  readonly breaks: ReadonlySet<number>
  readonly #isBreak: Uint8Array
  readonly #bytesMax: number

  constructor(breaks: ReadonlySet<number>, bytesMax: number) {
    this.breaks = breaks
    this.#isBreak = Uint8Array.from({ length: 256 }, (_, byte) => (breaks.has(byte) ? 1 : 0))
    this.#bytesMax = bytesMax
  }

  cut(bytes: Buffer, { from, to, final }: CutOrder): Cut {
    const records: CutRecord[] = []
    const isBreak = this.#isBreak
    let start = from
    while (start < to) {
      let end = start
      while (end < to && isBreak[bytes[end] as number] === 0) end += 1
      const tooLong = end - start > this.#bytesMax
      // A carriage return at the end of a piece may be half of a line end.
      const open = end >= to || (bytes[end] === CR && end + 1 >= to)
      if (open && !final && !tooLong) break
      const problem = tooLong ? `it is longer than ${this.#bytesMax} bytes` : null
      records.push({ start, end: tooLong ? start + Math.min(this.#bytesMax, RAW_BYTES_MAX) : end, problem })
      if (open && !final) return { records, stop: end, overlong: true }
      start = end >= to ? to : afterBreak(bytes, end, to, isBreak)
    }
    return { records, stop: start, overlong: false }
  }
}

function afterBreak(bytes: Buffer, end: number, to: number, isBreak: Uint8Array): number {
  const pair = bytes[end] === CR && end + 1 < to && bytes[end + 1] !== CR && isBreak[bytes[end + 1] as number] === 1
  return pair ? end + 2 : end + 1
}

export class LengthCutter implements RecordCutter {
  readonly breaks = null
  readonly #length: number

  constructor(length: number) {
    this.#length = length
  }

  cut(_: Buffer, { from, to, final }: CutOrder): Cut {
    const records: CutRecord[] = []
    let start = from
    for (; start + this.#length <= to; start += this.#length) records.push({ start, end: start + this.#length, problem: null })
    if (!final || start === to) return { records, stop: start, overlong: false }
    records.push({ start, end: to, problem: `the file ends after ${to - start} of its ${this.#length} bytes` })
    return { records, stop: to, overlong: false }
  }
}

/** IBM's variable records: two bytes of length, which count these four, and two that are zero. */
export class DescriptorCutter implements RecordCutter {
  readonly breaks = null
  readonly #bytesMax: number
  readonly #name: string

  constructor(bytesMax: number, name: string) {
    this.#bytesMax = bytesMax
    this.#name = name
  }

  cut(bytes: Buffer, { from, to, final }: CutOrder): Cut {
    const records: CutRecord[] = []
    let start = from
    while (start + 4 <= to) {
      const length = bytes.readUInt16BE(start)
      if (length < 4 || length - 4 > this.#bytesMax || bytes.readUInt16BE(start + 2) !== 0) throw this.#lost(records.length)
      if (start + length > to) break
      records.push({ start: start + 4, end: start + length, problem: null })
      start += length
    }
    if (!final || start === to) return { records, stop: start, overlong: false }
    records.push({ start: Math.min(start + 4, to), end: to, problem: 'the file ends in its middle' })
    return { records, stop: to, overlong: false }
  }

  /** Without a length, nobody knows where the next record begins. */
  #lost(records: number): MillraceError {
    const what = `what should tell the length of a record does not (${records} records after the last part)`
    return new MillraceError('FILE_DAMAGED', { details: { name: this.#name, format: 'records led by their length', what } })
  }
}
