/** Packed text in the form of `text-codec.ts`, from bytes to bytes. */
import type { PackedText } from '../packed-text.ts'
import { CELL } from '../vector.ts'
import type { ByteWriter } from './byte-writer.ts'
import { DICTIONARY, DICTIONARY_ROWS_LEAST, ENTRIES_LIMIT, isTooMany, PLAIN } from './text-codec.ts'
import { writeWhole } from './whole-codec.ts'

const ONE_BYTE = 1

export interface Rows {
  readonly count: number
  /** Null where every row holds a value; those that hold none have no bytes. */
  readonly cells: Uint8Array | null
}

/** Where the values lie that are written. */
interface Places {
  readonly bytes: Buffer
  readonly starts: Uint32Array
  readonly ends: Uint32Array
}

export function writePackedText(writer: ByteWriter, packed: PackedText, rows: Rows): void {
  const places = placesOf(packed, rows)
  const { bytes, starts, ends } = places
  const dictionary = dictionaryOf(places)
  if (dictionary === null) {
    writer.byte(PLAIN)
    writeWhole(writer, lengthsOf(starts, ends))
    writer.byte(ONE_BYTE)
    // What lies between values that are there has no bytes.
    if (starts.length > 0) writer.bytes(bytes.subarray(starts[0], ends.at(-1)))
    return
  }
  const { entries, codes } = dictionary
  writer.byte(DICTIONARY)
  writer.uint32(entries.starts.length)
  writeWhole(writer, lengthsOf(entries.starts, entries.ends))
  writer.byte(ONE_BYTE)
  for (const [at, start] of entries.starts.entries()) writer.bytes(bytes.subarray(start, entries.ends[at]))
  writeWhole(writer, codes)
}

function placesOf({ bytes, ends }: PackedText, { count, cells }: Rows): Places {
  const places = { bytes, starts: new Uint32Array(count), ends: new Uint32Array(count) }
  let at = 0
  let start = 0
  for (let row = 0; row < count; row += 1) {
    const end = ends[row] as number
    if (cells === null || cells[row] === CELL.VALUE) {
      places.starts[at] = start
      places.ends[at] = end
      at += 1
    }
    start = end
  }
  return at === count ? places : { bytes, starts: places.starts.subarray(0, at), ends: places.ends.subarray(0, at) }
}

function lengthsOf(starts: Uint32Array, ends: Uint32Array): Float64Array {
  const lengths = new Float64Array(starts.length)
  for (let at = 0; at < starts.length; at += 1) lengths[at] = (ends[at] as number) - (starts[at] as number)
  return lengths
}

interface Dictionary {
  readonly entries: Places
  readonly codes: Float64Array
}

/** A power of two, at most half full. */
const SLOTS = ENTRIES_LIMIT * 2
/** By hash, the number of an entry and one; used again by each column. */
const slots = new Uint16Array(SLOTS)

/** Null as soon as it is seen not to pay, by the rule of `text-codec.ts`. */
function dictionaryOf({ bytes, starts, ends }: Places): Dictionary | null {
  const count = starts.length
  if (count < DICTIONARY_ROWS_LEAST) return null
  slots.fill(0)
  const entryStarts = new Uint32Array(ENTRIES_LIMIT)
  const entryEnds = new Uint32Array(ENTRIES_LIMIT)
  const codes = new Float64Array(count)
  let entries = 0
  for (let row = 0; row < count; row += 1) {
    const start = starts[row] as number
    const end = ends[row] as number
    let slot = hashOf(bytes, start, end) & (SLOTS - 1)
    let code = (slots[slot] as number) - 1
    while (code >= 0 && !isSame(bytes, start, end, entryStarts[code] as number, entryEnds[code] as number)) {
      slot = (slot + 1) & (SLOTS - 1)
      code = (slots[slot] as number) - 1
    }
    if (code < 0) {
      if (isTooMany(entries, row)) return null
      code = entries
      entryStarts[code] = start
      entryEnds[code] = end
      entries += 1
      slots[slot] = entries
    }
    codes[row] = code
  }
  if (entries * 2 > count) return null
  return { entries: { bytes, starts: entryStarts.subarray(0, entries), ends: entryEnds.subarray(0, entries) }, codes }
}

function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193)
  return hash ^ (hash >>> 15)
}

/** Five numbers: it is the innermost loop of each column of text. */
function isSame(bytes: Buffer, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - otherStart) return false
  for (let at = start, other = otherStart; at < end; at += 1, other += 1) if (bytes[at] !== bytes[other]) return false
  return true
}
