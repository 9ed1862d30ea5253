/**
 * Text as V8 holds it: one byte per unit where no character is beyond U+00FF, else two. So nothing is
 * transcoded, every string survives exactly, and a column is read with one call where its values are
 * short, when somebody asks for them. Where few distinct values repeat, each is kept once and shared.
 */
import { assert } from '@millrace/base'
import type { PackedText } from '../packed-text.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { readWhole, writeWhole } from './whole-codec.ts'

export const PLAIN = 0
export const DICTIONARY = 1

export const ENTRIES_LIMIT = 4096
export const DICTIONARY_ROWS_LEAST = 8
/** A column of longer values than this on average is written value by value. */
const JOINED_AVERAGE_UNITS_LIMIT = 48
const JOINED_UNITS_LIMIT = 1 << 24

const BEYOND_ONE_BYTE = /[\u0100-\uffff]/

export function writeText(writer: ByteWriter, values: readonly string[]): void {
  const dictionary = dictionaryOf(values)
  if (dictionary === null) {
    writer.byte(PLAIN)
    writePlain(writer, values)
    return
  }
  writer.byte(DICTIONARY)
  writer.uint32(dictionary.entries.length)
  writePlain(writer, dictionary.entries)
  writeWhole(writer, dictionary.codes)
}

/** What is read are bytes, where each unit has one; else it yields the strings when they are asked for. */
export type ReadText = PackedText | (() => string[])

export function readText(reader: ByteReader, count: number): ReadText {
  const kind = reader.byte()
  if (kind === PLAIN) return readPlain(reader, count)
  assert(kind === DICTIONARY, 'a column of text is plain or a dictionary')
  const entryCount = reader.uint32()
  assert(entryCount <= ENTRIES_LIMIT, 'a dictionary has a bounded number of entries')
  const entries = readPlain(reader, entryCount)
  const codes = readWhole(reader, count)
  for (let row = 0; row < count; row += 1) {
    const code = codes[row] as number
    assert(code >= 0 && code < entryCount && Number.isInteger(code), 'a code names an entry of its dictionary')
  }
  if (typeof entries !== 'function') return { ...entries, codes }
  return () => {
    const strings = entries()
    return Array.from(codes, (code) => strings[code] as string)
  }
}

interface Dictionary {
  readonly entries: readonly string[]
  readonly codes: Float64Array
}

/** Whether one more value, first met in this row, is more than a dictionary is worth. */
export function isTooMany(entries: number, row: number): boolean {
  return entries === ENTRIES_LIMIT || entries > 16 + (row >> 2)
}

/** Null as soon as it is seen not to pay: every fourth value may be new, and a few at the start. */
function dictionaryOf(values: readonly string[]): Dictionary | null {
  if (values.length < DICTIONARY_ROWS_LEAST) return null
  const codeByEntry = new Map<string, number>()
  const codes = new Float64Array(values.length)
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row] as string
    let code = codeByEntry.get(value)
    if (code === undefined) {
      code = codeByEntry.size
      if (isTooMany(code, row)) return null
      codeByEntry.set(value, code)
    }
    codes[row] = code
  }
  return codeByEntry.size * 2 > values.length ? null : { entries: [...codeByEntry.keys()], codes }
}

function writePlain(writer: ByteWriter, values: readonly string[]): void {
  const { lengths, total } = lengthsOf(values)
  writeWhole(writer, lengths)
  const parts = isJoined(values.length, total) ? [values.join('')] : values
  const encoding = parts.some((part) => BEYOND_ONE_BYTE.test(part)) ? 'utf16le' : 'latin1'
  writer.byte(encoding === 'latin1' ? 1 : 2)
  for (const part of parts) writer.text(part, encoding)
}

function readPlain(reader: ByteReader, count: number): ReadText {
  const lengths = readWhole(reader, count)
  let total = 0
  for (let row = 0; row < count; row += 1) total += lengths[row] as number
  const width = reader.byte()
  assert(width === 1 || width === 2, 'a unit of text has one or two bytes')
  const bytes = reader.bytes(total * width) as Buffer
  return width === 1 ? packed(bytes, lengths) : () => wideStrings(bytes, lengths)
}

function packed(bytes: Buffer, lengths: Float64Array): PackedText {
  const count = lengths.length
  const places = { bytes, starts: new Uint32Array(count), ends: new Uint32Array(count), codes: null }
  let at = 0
  for (let row = 0; row < count; row += 1) {
    places.starts[row] = at
    at += lengths[row] as number
    places.ends[row] = at
  }
  return places
}

function wideStrings(bytes: Buffer, lengths: Float64Array): string[] {
  const values: string[] = []
  let start = 0
  for (let row = 0; row < lengths.length; row += 1) {
    const end = start + (lengths[row] as number) * 2
    values.push(bytes.toString('utf16le', start, end))
    start = end
  }
  return values
}

function lengthsOf(values: readonly string[]): { lengths: Float64Array; total: number } {
  const lengths = new Float64Array(values.length)
  let total = 0
  for (let row = 0; row < values.length; row += 1) {
    const { length } = values[row] as string
    lengths[row] = length
    total += length
  }
  return { lengths, total }
}

function isJoined(count: number, total: number): boolean {
  return total <= JOINED_UNITS_LIMIT && total <= count * JOINED_AVERAGE_UNITS_LIMIT
}
