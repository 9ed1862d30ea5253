/** Whole numbers beyond a double's exactness: two's complement in 8 bytes if all fit, else in 16 (HUGEINT, DECIMAL(38)). */
import { assert } from '@millrace/base'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'

const INT64_LIMIT = 2n ** 63n
const INT128_LIMIT = 2n ** 127n

export function writeWide(writer: ByteWriter, values: readonly bigint[]): void {
  const narrow = values.every((value) => value >= -INT64_LIMIT && value < INT64_LIMIT)
  writer.byte(narrow ? 8 : 16)
  if (narrow) {
    writer.bigInt64Array(values.length).set(values)
    return
  }
  const words = writer.bigInt64Array(values.length * 2)
  for (const [row, value] of values.entries()) {
    assert(value >= -INT128_LIMIT && value < INT128_LIMIT, 'a whole number fits in 128 bits')
    words[row * 2] = BigInt.asIntN(64, value)
    words[row * 2 + 1] = value >> 64n
  }
}

export function readWide(reader: ByteReader, count: number): bigint[] {
  const width = reader.byte()
  if (width === 8) return Array.from(reader.bigInt64Array(count))
  assert(width === 16, 'a wide number has 8 or 16 bytes')
  const words = reader.bigInt64Array(count * 2)
  return Array.from({ length: count }, (_, row) => ((words[row * 2 + 1] as bigint) << 64n) | BigInt.asUintN(64, words[row * 2] as bigint))
}
