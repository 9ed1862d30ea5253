/**
 * Postgres numbers the bytes of its write-ahead log (the "LSN"); written `16/B374D848`. Millrace keeps
 * such a position as a plain number: exact up to 2^53, which is 8 PiB of log.
 */
import { assert } from '@millrace/base'

const WORD = 4_294_967_296

export function readPosition(buffer: Buffer, at: number): number {
  const high = buffer.readUInt32BE(at)
  assert(high < 2_097_152, 'a position of the write-ahead log is below 2^53')
  return high * WORD + buffer.readUInt32BE(at + 4)
}

export function writePosition(buffer: Buffer, position: number, at: number): void {
  buffer.writeUInt32BE(Math.floor(position / WORD), at)
  buffer.writeUInt32BE(position % WORD, at + 4)
}

export function positionToText(position: number): string {
  return `${Math.floor(position / WORD)
    .toString(16)
    .toUpperCase()}/${(position % WORD).toString(16).toUpperCase()}`
}

export function positionFromText(text: string): number {
  const [high, low] = text.split('/')
  const position = Number.parseInt(high ?? '', 16) * WORD + Number.parseInt(low ?? '', 16)
  assert(Number.isSafeInteger(position), 'a position of the write-ahead log is below 2^53')
  return position
}

/** Microseconds between 1970, where Millrace's times begin, and 2000, where those of Postgres do. */
const EPOCH_MICROS = 946_684_800_000_000

/** A time of the protocol as microseconds since 1970. */
export function readTime(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * WORD + buffer.readUInt32BE(at + 4) + EPOCH_MICROS
}

export function writeTime(buffer: Buffer, timeMs: number, at: number): void {
  buffer.writeBigInt64BE(BigInt(Math.round(timeMs * 1000) - EPOCH_MICROS), at)
}
