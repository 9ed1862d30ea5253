/**
 * One frame as a spill file holds it: a mark, the body's length, a checksum over both the length and the
 * body, then the body. A file is nothing but records, one after another.
 *
 * Laws. What was cut short at the end of a file was never promised, and is left out. What is damaged in its
 * midst is passed over up to the next record that is whole, and the numbers of the events tell how many are
 * missing. A record that does not prove itself is never sent.
 */
import { checksum } from './checksum.ts'
import { type Frame, readHead } from './frame.ts'

const MARK = Buffer.from('MRa1')
export const RECORD_HEAD_BYTES = 12
/** No batch is ever so large: a greater length is damage. */
export const RECORD_BYTES_MAX = 67_108_864

export function recordOf(frame: Frame): Buffer {
  const record = Buffer.allocUnsafe(RECORD_HEAD_BYTES + frame.body.length)
  MARK.copy(record)
  record.writeUInt32LE(frame.body.length, 4)
  frame.body.copy(record, RECORD_HEAD_BYTES)
  record.writeUInt32LE(sumOf(record, RECORD_HEAD_BYTES + frame.body.length), 8)
  return record
}

/** Over the length and the body, as they stand in the record. */
function sumOf(record: Buffer, end: number): number {
  return (checksum(record.subarray(RECORD_HEAD_BYTES, end)) ^ record.readUInt32LE(4)) >>> 0
}

export interface ReadRecord {
  readonly frame: Frame
  /** Where the next record begins. */
  readonly end: number
}

/** The record that begins at `at`; `short` where more bytes are needed to tell; `damaged` where it is none. */
export function recordAt(bytes: Buffer, at: number): ReadRecord | 'short' | 'damaged' {
  const left = bytes.length - at
  if (!MARK.subarray(0, left).equals(bytes.subarray(at, at + Math.min(left, MARK.length)))) return 'damaged'
  if (left < RECORD_HEAD_BYTES) return 'short'
  const length = bytes.readUInt32LE(at + 4)
  if (length > RECORD_BYTES_MAX) return 'damaged'
  const end = at + RECORD_HEAD_BYTES + length
  if (end > bytes.length) return 'short'
  const record = bytes.subarray(at, end)
  if (record.readUInt32LE(8) !== sumOf(record, record.length)) return 'damaged'
  const body = record.subarray(RECORD_HEAD_BYTES)
  const head = readHead(body)
  return head === null ? 'damaged' : { frame: { first: head.first, count: head.count, body }, end }
}

/** The next whole record at or after `at`, wherever it begins; null where there is none. */
export function findRecord(bytes: Buffer, at: number): (ReadRecord & { readonly start: number }) | null {
  for (let start = bytes.indexOf(MARK, at); start >= 0; start = bytes.indexOf(MARK, start + 1)) {
    const found = recordAt(bytes, start)
    if (typeof found === 'object') return { ...found, start }
  }
  return null
}
