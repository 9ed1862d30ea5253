/** Small codes, one byte each in memory: operations, cells, booleans. One value: a byte; two: a bit each; more: a byte each. */
import { assert } from '@millrace/base'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'

const SAME = 0
const BITS = 1
const PLAIN = 2

export function writeCodes(writer: ByteWriter, codes: Uint8Array): void {
  const first = codes[0] ?? 0
  const second = otherThan(codes, first, first)
  if (second === null) {
    writer.byte(SAME)
    writer.byte(first)
  } else if (otherThan(codes, first, second) === null) {
    writer.byte(BITS)
    writer.byte(first)
    writer.byte(second)
    writeBits(writer, codes, second)
  } else {
    writer.byte(PLAIN)
    writer.bytes(codes)
  }
}

function otherThan(codes: Uint8Array, first: number, second: number): number | null {
  for (let row = 0; row < codes.length; row += 1) if (codes[row] !== first && codes[row] !== second) return codes[row] as number
  return null
}

export function readCodes(reader: ByteReader, count: number): Uint8Array {
  const kind = reader.byte()
  if (kind === SAME) return new Uint8Array(count).fill(reader.byte())
  if (kind === PLAIN) return new Uint8Array(reader.bytes(count))
  assert(kind === BITS, 'a column of codes is the same, bits or plain')
  return readBits(reader, count)
}

function writeBits(writer: ByteWriter, codes: Uint8Array, one: number): void {
  const bits = writer.uint8Array((codes.length + 7) >> 3)
  bits.fill(0)
  for (let row = 0; row < codes.length; row += 1) {
    if (codes[row] === one) bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7))
  }
}

function readBits(reader: ByteReader, count: number): Uint8Array {
  const zero = reader.byte()
  const one = reader.byte()
  const bits = reader.uint8Array((count + 7) >> 3)
  const codes = new Uint8Array(count)
  for (let row = 0; row < count; row += 1) codes[row] = ((bits[row >> 3] as number) >> (row & 7)) & 1 ? one : zero
  return codes
}
