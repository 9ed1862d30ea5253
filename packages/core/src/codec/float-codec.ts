import { assert } from '@millrace/base'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'

const SAME = 0
const PLAIN = 1

/** Doubles as they are, with every NaN and both zeros; a column of one value is kept once. */
export function writeFloats(writer: ByteWriter, values: Float64Array): void {
  const first = values[0] ?? 0
  if (values.every((value) => Object.is(value, first))) {
    writer.byte(SAME)
    writer.float64(first)
  } else {
    writer.byte(PLAIN)
    writer.float64Array(values.length).set(values)
  }
}

export function readFloats(reader: ByteReader, count: number): Float64Array {
  const kind = reader.byte()
  if (kind === SAME) return new Float64Array(count).fill(reader.float64())
  assert(kind === PLAIN, 'a column of floats is the same or plain')
  return reader.float64Array(count).slice()
}
