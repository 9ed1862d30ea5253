import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { readWhole, writeWhole } from './whole-codec.ts'

export function writeByteStrings(writer: ByteWriter, values: readonly Uint8Array[]): void {
  writeWhole(
    writer,
    Float64Array.from(values, (value) => value.length),
  )
  for (const value of values) writer.bytes(value)
}

/** Each value is a copy, so that one kept value does not keep the whole batch alive. */
export function readByteStrings(reader: ByteReader, count: number): Uint8Array[] {
  const lengths = readWhole(reader, count)
  return Array.from({ length: count }, (_, row) => new Uint8Array(reader.bytes(lengths[row] as number)))
}
