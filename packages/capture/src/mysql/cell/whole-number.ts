import type { CellReader, CellSink } from './cell-sink.ts'
import { latin1Slice } from './slices.ts'

const MINUS = 0x2d
const ZERO = 0x30
/** So many digits are exact in a double whatever they are. */
const EXACT_DIGITS = 15
const HIGH = 4_294_967_296
/** The high half of a whole number that a double holds for certain. */
const HIGH_EXACT_MAX = 0x1f_ff_ff

/** Little-endian, in 1 to 8 bytes. */
export function wholeReader(bytes: number, isUnsigned: boolean): CellReader {
  switch (bytes) {
    case 1:
      return isUnsigned
        ? (b, at, _e, into) => into.pushNumber(b[at] as number)
        : (b, at, _e, into) => into.pushNumber(((b[at] as number) << 24) >> 24)
    case 2:
      return isUnsigned ? (b, at, _e, into) => into.pushNumber(two(b, at)) : (b, at, _e, into) => into.pushNumber((two(b, at) << 16) >> 16)
    case 3:
      return isUnsigned
        ? (b, at, _e, into) => into.pushNumber(two(b, at) | ((b[at + 2] as number) << 16))
        : (b, at, _e, into) => into.pushNumber(((two(b, at) << 8) | ((b[at + 2] as number) << 24)) >> 8)
    case 4:
      return isUnsigned ? (b, at, _e, into) => into.pushNumber(four(b, at) >>> 0) : (b, at, _e, into) => into.pushNumber(four(b, at))
    default:
      return isUnsigned ? readUnsigned64 : readSigned64
  }
}

function two(buffer: Buffer, at: number): number {
  return (buffer[at] as number) | ((buffer[at + 1] as number) << 8)
}

function four(buffer: Buffer, at: number): number {
  return two(buffer, at) | (two(buffer, at + 2) << 16)
}

function readUnsigned64(buffer: Buffer, at: number, _end: number, into: CellSink): void {
  const high = four(buffer, at + 4) >>> 0
  if (high <= HIGH_EXACT_MAX) into.pushNumber(high * HIGH + (four(buffer, at) >>> 0))
  else into.pushWhole(buffer.readBigUInt64LE(at))
}

function readSigned64(buffer: Buffer, at: number, _end: number, into: CellSink): void {
  const high = four(buffer, at + 4)
  if (high <= HIGH_EXACT_MAX && high >= -HIGH_EXACT_MAX) into.pushNumber(high * HIGH + (four(buffer, at) >>> 0))
  else into.pushWhole(buffer.readBigInt64LE(at))
}

/** Digits, perhaps behind a minus or zeros that fill the width. */
export function readWholeText(buffer: Buffer, start: number, end: number, into: CellSink): void {
  const negative = buffer[start] === MINUS
  const first = negative ? start + 1 : start
  if (end - first > EXACT_DIGITS) return into.pushWhole(BigInt(latin1Slice(buffer, start, end)))
  let value = 0
  for (let at = first; at < end; at += 1) value = value * 10 + (buffer[at] as number) - ZERO
  into.pushNumber(negative && value !== 0 ? -value : value)
}

/** BIT(n): big-endian in the binlog and in text results alike. */
export function readBits(buffer: Buffer, start: number, end: number, into: CellSink): void {
  let value = 0n
  for (let at = start; at < end; at += 1) value = value * 256n + BigInt(buffer[at] as number)
  into.pushWhole(value)
}

export function readBit(buffer: Buffer, _start: number, end: number, into: CellSink): void {
  into.pushBoolean((buffer[end - 1] as number) === 1)
}
