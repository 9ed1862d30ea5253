/** Packed text in the form of `text-codec.ts`, from bytes to bytes. */
import { type PackedText, placesOfRows } from '../packed-text.ts'
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
  const kept = keptDictionary(packed, rows)
  const places = kept === null ? placesOf(packed, rows) : null
  const dictionary = kept ?? dictionaryOf(places as Places)
  if (dictionary === null) {
    writer.byte(PLAIN)
    writeValues(writer, places as Places)
    return
  }
  const { entries, codes } = dictionary
  writer.byte(DICTIONARY)
  writer.uint32(entries.starts.length)
  writeValues(writer, entries)
  writeWhole(writer, codes)
}

function writeValues(writer: ByteWriter, { bytes, starts, ends }: Places): void {
  writeWhole(writer, lengthsOf(starts, ends))
  writer.byte(ONE_BYTE)
  // What lies side by side is copied in one go: mostly the whole column does.
  let from = 0
  let to = 0
  for (let at = 0; at < starts.length; at += 1) {
    const start = starts[at] as number
    const end = ends[at] as number
    if (start === end) continue
    if (start !== to) {
      if (to > from) writer.part(bytes, from, to)
      from = start
    }
    to = end
  }
  if (to > from) writer.part(bytes, from, to)
}

/** The one that it was read with, while its entries are as few as one of these rows alone would have. */
function keptDictionary({ bytes, starts, ends, codes }: PackedText, { count, cells }: Rows): Dictionary | null {
  if (codes === null) return null
  const kept = new Float64Array(count)
  let at = 0
  for (let row = 0; row < count; row += 1) {
    if (cells !== null && cells[row] !== CELL.VALUE) continue
    kept[at] = codes[row] as number
    at += 1
  }
  if (at < DICTIONARY_ROWS_LEAST || starts.length * 2 > at) return null
  return { entries: { bytes, starts, ends }, codes: kept.subarray(0, at) }
}

function placesOf(packed: PackedText, { count, cells }: Rows): Places {
  const all = placesOfRows(packed, count)
  if (cells === null) return all
  const { bytes } = all
  const places = { bytes, starts: new Uint32Array(count), ends: new Uint32Array(count) }
  let at = 0
  for (let row = 0; row < count; row += 1) {
    if (cells[row] !== CELL.VALUE) continue
    places.starts[at] = all.starts[row] as number
    places.ends[at] = all.ends[row] as number
    at += 1
  }
  return { bytes, starts: places.starts.subarray(0, at), ends: places.ends.subarray(0, at) }
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
