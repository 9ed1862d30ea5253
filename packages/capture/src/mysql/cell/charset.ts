/**
 * Text of the binlog stands in the column's own character set; a text result in UTF-8, converted by the
 * server. Both must become the same text, so what the server alone knows is asked of it: the 256
 * characters of each single-byte set. Sets of several bytes other than Unicode's are refused by name.
 */
import type { Query } from '../connect.ts'
import { latin1Slice, ucs2Slice, utf8Slice } from './slices.ts'

export type TextDecode = (buffer: Buffer, start: number, end: number) => string

export interface Charsets {
  /** The character set of a collation, by the number that the binlog tells; undefined if it is unknown. */
  nameOf(collation: number): string | undefined
  /** Undefined where the set cannot be decoded exactly. */
  decoderOf(charset: string): TextDecode | undefined
}

/** The collation of `binary`: such a column holds bytes, not text. */
export const BINARY = 63

const UNICODE: Readonly<Record<string, TextDecode>> = {
  utf8: utf8,
  utf8mb3: utf8,
  utf8mb4: utf8,
  ucs2: utf16BigEndian,
  utf16: utf16BigEndian,
  utf16le: (buffer, start, end) => ucs2Slice(buffer, start, end),
  utf32: utf32BigEndian,
}

function utf8(buffer: Buffer, start: number, end: number): string {
  return utf8Slice(buffer, start, end)
}

function utf16BigEndian(buffer: Buffer, start: number, end: number): string {
  return Buffer.from(buffer.subarray(start, end)).swap16().toString('utf16le')
}

function utf32BigEndian(buffer: Buffer, start: number, end: number): string {
  let text = ''
  for (let at = start; at < end; at += 4) text += String.fromCodePoint(buffer.readUInt32BE(at))
  return text
}

/** One character for each byte; the fast path where all of them are ASCII. */
export function singleByteDecode(characters: readonly string[]): TextDecode {
  const isAscii = characters.slice(0, 128).every((character, byte) => character.charCodeAt(0) === byte)
  return (buffer, start, end) => {
    let high = isAscii ? 0 : 0x80
    for (let at = start; at < end && high < 0x80; at += 1) high |= buffer[at] as number
    if (high < 0x80) return latin1Slice(buffer, start, end)
    let text = ''
    for (let at = start; at < end; at += 1) text += characters[buffer[at] as number] as string
    return text
  }
}

export function charsetsOf(collations: ReadonlyMap<number, string>, singleByte: ReadonlyMap<string, readonly string[]>): Charsets {
  const decoders = new Map<string, TextDecode>(Object.entries(UNICODE))
  for (const [charset, characters] of singleByte) decoders.set(charset, singleByteDecode(characters))
  return { nameOf: (collation) => collations.get(collation), decoderOf: (charset) => decoders.get(charset) }
}

export async function readCharsets(query: Query): Promise<Charsets> {
  const collations = await readCollations(query)
  const sets = await query<{ name: string }>(
    "SELECT CHARACTER_SET_NAME AS name FROM information_schema.CHARACTER_SETS WHERE MAXLEN = 1 AND CHARACTER_SET_NAME <> 'binary'",
  )
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('hex')
  const columns = sets.map(({ name }) => `HEX(CONVERT(CONVERT(x'${all}' USING ${name}) USING utf16)) AS ${name}`)
  const [row = {}] = await query<Record<string, string>>(`SELECT ${columns.join(', ')}`)
  const singleByte = new Map(
    Object.entries(row).map(([name, hex]) => [name, Array.from(utf16BigEndian(Buffer.from(hex, 'hex'), 0, hex.length / 2))]),
  )
  return charsetsOf(collations, singleByte)
}

/** MariaDB 10.10 and later tell the numbers of all collations only in the second of these tables; others only in the first. */
async function readCollations(query: Query): Promise<Map<number, string>> {
  const numbers = new Map<number, string>()
  for (const table of ['COLLATIONS', 'COLLATION_CHARACTER_SET_APPLICABILITY']) {
    const [known] = await query<{ count: number | string }>(
      `SELECT COUNT(*) AS count FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = '${table}' AND COLUMN_NAME = 'ID'`,
    )
    if (Number(known?.count ?? 0) === 0) continue
    const rows = await query<{ id: number | string | null; name: string }>(
      `SELECT ID AS id, CHARACTER_SET_NAME AS name FROM information_schema.${table}`,
    )
    for (const { id, name } of rows) if (id !== null && name !== null) numbers.set(Number(id), name)
  }
  return numbers
}
