import { readUint32 } from './read-uint32.ts'

/** A field's name ends with a zero; then come its table, its number in it, its type, and how it is written. */
const TYPE_AT = 6
const AFTER_NAME_BYTES = 18

/** The types of the columns that a question yields, by their number; of a domain, the type beneath. */
export function readTypeOids(buffer: Buffer, start: number): number[] {
  const oids: number[] = []
  let at = start + 2
  for (let left = buffer.readUInt16BE(start); left > 0; left -= 1) {
    const name = buffer.indexOf(0, at) + 1
    oids.push(readUint32(buffer, name + TYPE_AT))
    at = name + AFTER_NAME_BYTES
  }
  return oids
}
