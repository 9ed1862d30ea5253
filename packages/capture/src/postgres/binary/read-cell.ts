/**
 * How a cell in Postgres's binary form becomes a cell of a vector: the very one that the parsers make of the
 * text of the same value.
 */
import { assert, unreachable } from '@millrace/base'
import { DATE_INFINITY, TIMESTAMP_INFINITY, type Type, type VectorBuilder } from '@millrace/core'
import { readUint32 } from '../wire/read-uint32.ts'
import type { BinaryFormat } from './column-format.ts'
import { numericReader } from './read-numeric.ts'

/** Reads `buffer[start, end)` and pushes one cell, or yields false and pushes none where its type cannot hold it. */
export type CellReader = (buffer: Buffer, start: number, end: number, into: VectorBuilder) => boolean

const HALF = 2 ** 32
/** Higher halves between the two are of numbers that a double holds exactly, also when an era is added. */
const EXACT_HIGH = 2 ** 20
/** Postgres counts from the year 2000. */
const ERA_DAYS = 10_957
const ERA_MICROS = 946_684_800_000_000
const INT32_MAX = 2_147_483_647
const INT64_MAX = 9_223_372_036_854_775_807n
const JSONB_VERSION = 1

export function cellReader(format: BinaryFormat, type: Type): CellReader {
  switch (format) {
    case 'boolean':
      return readBoolean
    case 'bytes':
      return readBytes
    case 'date':
      return readDate
    case 'float32':
      return readFloat32
    case 'float64':
      return readFloat64
    case 'int16':
      return readInt16
    case 'int32':
      return readInt32
    case 'int64':
      return readInt64
    case 'jsonb':
      return readJsonb
    case 'numeric':
      assert(type.kind === 'decimal', 'a numeric that is read so has a scale')
      return numericReader(type.scale)
    case 'text':
      return readText
    case 'time':
      return readTime
    case 'timestamp':
      return readTimestamp
    case 'uuid':
      return readUuid
    default:
      return unreachable(format, 'format')
  }
}

function expect(start: number, end: number, bytes: number): void {
  assert(end - start === bytes, 'a value has the length of its type')
}

function readBoolean(buffer: Buffer, start: number, end: number, into: VectorBuilder): boolean {
  expect(start, end, 1)
  into.pushBoolean(buffer[start] === 1)
  return true
}

function readInt16(buffer: Buffer, start: number, end: number, into: VectorBuilder): boolean {
  expect(start, end, 2)
  into.pushNumber((((buffer[start] as number) << 24) >> 16) | (buffer[start + 1] as number))
  return true
}

function readInt32(buffer: Buffer, start: number, end: number, into: VectorBuilder): boolean {
  expect(start, end, 4)
  into.pushNumber(readUint32(buffer, start) | 0)
  return true
}

function readInt64(buffer: Buffer, start: number, end: number, into: VectorBuilder): boolean {
  expect(start, end, 8)
  const high = readUint32(buffer, start) | 0
  if (high < EXACT_HIGH && high >= -EXACT_HIGH) into.pushNumber(high * HALF + readUint32(buffer, start + 4))
  else into.pushWhole(buffer.readBigInt64BE(start))
  return true
}

function readFloat32(buffer: Buffer, start: number, end: number, into: VectorBuilder): boolean {
  expect(start, end, 4)
  into.pushNumber(buffer.readFloatBE(start))
  return true
}

function readFloat64(buffer: Buffer, start: number, end: number, into: VectorBuilder): boolean {
  expect(start, end, 8)
  into.pushNumber(buffer.readDoubleBE(start))
  return true
}

function readDate(buffer: Buffer, start: number, end: number, into: VectorBuilder): boolean {
  expect(start, end, 4)
  const days = readUint32(buffer, start) | 0
  const isInfinite = days === INT32_MAX || days === -INT32_MAX - 1
  into.pushNumber(isInfinite ? Math.sign(days) * DATE_INFINITY : days + ERA_DAYS)
  return true
}

function readTime(buffer: Buffer, start: number, end: number, into: VectorBuilder): boolean {
  expect(start, end, 8)
  into.pushNumber(readUint32(buffer, start) * HALF + readUint32(buffer, start + 4))
  return true
}

function readTimestamp(buffer: Buffer, start: number, end: number, into: VectorBuilder): boolean {
  expect(start, end, 8)
  const high = readUint32(buffer, start) | 0
  if (high < EXACT_HIGH && high >= -EXACT_HIGH) {
    into.pushNumber(high * HALF + readUint32(buffer, start + 4) + ERA_MICROS)
    return true
  }
  const micros = buffer.readBigInt64BE(start)
  if (micros === INT64_MAX) into.pushWhole(TIMESTAMP_INFINITY)
  else if (micros === -INT64_MAX - 1n) into.pushWhole(-TIMESTAMP_INFINITY)
  else {
    const whole = micros + BigInt(ERA_MICROS)
    if (whole >= TIMESTAMP_INFINITY) return false
    into.pushWhole(whole)
  }
  return true
}

function readText(buffer: Buffer, start: number, end: number, into: VectorBuilder): boolean {
  into.pushUtf8(buffer, start, end)
  return true
}

function readJsonb(buffer: Buffer, start: number, end: number, into: VectorBuilder): boolean {
  assert(buffer[start] === JSONB_VERSION, 'jsonb is sent in its first version')
  into.pushUtf8(buffer, start + 1, end)
  return true
}

/** A copy: what was received is used again. */
function readBytes(buffer: Buffer, start: number, end: number, into: VectorBuilder): boolean {
  into.pushBytes(new Uint8Array(buffer.subarray(start, end)))
  return true
}

const UUID_TEXT = Buffer.from('00000000-0000-0000-0000-000000000000')
const UUID_VIEW = new DataView(UUID_TEXT.buffer, UUID_TEXT.byteOffset, UUID_TEXT.length)
/** Where in the text the two digits of each byte stand. */
const UUID_PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const
const TWO_DIGITS = Uint16Array.from({ length: 256 }, (_, byte) => Buffer.from(byte.toString(16).padStart(2, '0')).readUInt16BE())

function readUuid(buffer: Buffer, start: number, end: number, into: VectorBuilder): boolean {
  expect(start, end, 16)
  for (let at = 0; at < 16; at += 1) {
    UUID_VIEW.setUint16(UUID_PLACES[at] as number, TWO_DIGITS[buffer[start + at] as number] as number)
  }
  into.pushUtf8(UUID_TEXT, 0, 36)
  return true
}
