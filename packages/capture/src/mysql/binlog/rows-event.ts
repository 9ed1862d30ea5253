/** WRITE, UPDATE and DELETE events of rows, in both versions, and MariaDB's compressed forms of them. */
import { inflateSync } from 'node:zlib'
import type { RowsBody } from '../table-feed.ts'
import { LengthEncoded } from '../wire/length-encoded.ts'
import { EVENT } from './event-type.ts'
import { MalformedError } from './malformed.ts'

export type RowsKind = 'insert' | 'update' | 'delete'

interface RowsType {
  readonly kind: RowsKind
  /** The second version has room for further data before the rows. */
  readonly hasExtra: boolean
  readonly isCompressed: boolean
}

const TYPES: readonly (RowsType | undefined)[] = typesByNumber()
/** max_allowed_packet's own bound: no server makes a larger event. */
const INFLATED_BYTES_MAX = 1_073_741_824

function typesByNumber(): (RowsType | undefined)[] {
  const types: (RowsType | undefined)[] = Array.from({ length: 256 })
  const set = (first: number, hasExtra: boolean, isCompressed: boolean): void => {
    for (const [at, kind] of (['insert', 'update', 'delete'] as const).entries()) types[first + at] = { kind, hasExtra, isCompressed }
  }
  set(EVENT.WRITE_ROWS_V1, false, false)
  set(EVENT.WRITE_ROWS, true, false)
  set(EVENT.MARIADB_WRITE_ROWS_COMPRESSED_V1, false, true)
  set(EVENT.MARIADB_WRITE_ROWS_COMPRESSED, true, true)
  return types
}

/** Null for events of other kinds. */
export function rowsTypeOf(type: number): RowsType | null {
  return TYPES[type] ?? null
}

/** The number under which a TABLE_MAP named the table: six bytes, at the beginning of both. */
export function tableIdAt(buffer: Buffer, at: number): number {
  return buffer.readUIntLE(at, 6)
}

const lengths = new LengthEncoded()

/** Where the rows lie; `columns` is the count that the TABLE_MAP told. Raises MalformedError, or RangeError of a buffer, where they cannot be read. */
export function readRows(
  buffer: Buffer,
  { start, end, type, columns }: { start: number; end: number; type: RowsType; columns: number },
): RowsBody {
  lengths.at = start + 8
  if (type.hasExtra) lengths.at += buffer.readUInt16LE(start + 8)
  const told = lengths.read(buffer)
  if (told !== columns) throw new MalformedError(`the rows have ${told} columns, their table ${columns}`)
  const width = (columns + 7) >> 3
  const at = lengths.at
  const present = buffer.subarray(at, at + width)
  const presentAfter = type.kind === 'update' ? buffer.subarray(at + width, at + 2 * width) : present
  const rows = at + (type.kind === 'update' ? 2 : 1) * width
  if (rows > end) throw new MalformedError('the event ends before its rows')
  if (!type.isCompressed) return { buffer, start: rows, end, present, presentAfter }
  const inflated = inflate(buffer.subarray(rows, end))
  return { buffer: inflated, start: 0, end: inflated.length, present, presentAfter }
}

/** MariaDB: a byte with the kind (zlib is 0) and the count of bytes of the length, that length, then the stream. */
export function inflate(bytes: Buffer): Buffer {
  const first = bytes.readUInt8(0)
  const lengthBytes = first & 7
  if ((first & 0x80) === 0 || (first & 0x70) !== 0 || lengthBytes === 0 || lengthBytes > 4)
    throw new MalformedError('the kind of compression is unknown')
  const length = bytes.readUIntBE(1, lengthBytes)
  if (length > INFLATED_BYTES_MAX) throw new MalformedError('the event would be too large')
  const inflated = inflateSync(bytes.subarray(1 + lengthBytes), { maxOutputLength: Math.max(1, length) })
  if (inflated.length !== length) throw new MalformedError('the event has another length than it tells')
  return inflated
}
