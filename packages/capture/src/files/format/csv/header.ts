/** What comes before the first record of data: a byte order mark, lines to be passed over, names of columns. */
import { MillraceError } from '@millrace/base'
import type { CsvFormat } from '@millrace/core'
import { TextCells } from '../encoding/text-cells.ts'
import type { Pieces } from '../pieces.ts'
import { uniqueNames } from './column-plan.ts'
import type { Dialect } from './dialect.ts'
import { MARK, Tokenizer } from './tokenizer.ts'

/** Names of fields, and the line after them. */
export interface Header {
  readonly fields: readonly string[]
  readonly line: number
}

/** More columns than this is no table. */
const FIELDS_MAX = 16_384

export interface HeaderOrder {
  readonly dialect: Dialect
  /** The names where neither the file nor the format has any. */
  readonly columns: readonly string[]
  /** For errors: what people call the file. */
  readonly name: string
}

export async function readHeader(pieces: Pieces, format: CsvFormat, given: HeaderOrder): Promise<Header> {
  await pieces.fill(3)
  const { bytes, from } = pieces
  if (bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf && pieces.length >= 3) pieces.take(from + 3)
  let line = 1
  for (let skipped = 0; skipped < (format.skipLines ?? 0); skipped += 1) {
    await pieces.skipLine()
    line += 1
  }
  if (format.header === false) return { fields: format.names ?? given.columns, line }
  const first = await readFields(pieces, given, line)
  if (first === null) return { fields: format.names ?? given.columns, line }
  return { fields: format.names ?? uniqueNames(first.fields), line: first.line }
}

/** The next record as texts; null at the end of the file. It is taken. */
async function readFields(pieces: Pieces, { dialect, name }: HeaderOrder, line: number): Promise<Header | null> {
  const cut = new Tokenizer({ ...dialect, fill: true }, FIELDS_MAX, 0)
  cut.line = line
  for (let wanted = FIRST_BYTES; ; wanted = Math.max(wanted, pieces.length * 2)) {
    await pieces.fill(wanted)
    if (pieces.length === 0) return null
    const stop = cut.cut(pieces.bytes, pieces.from, pieces.to, { final: pieces.ended, limit: 1 })
    if (cut.bad.length > 0) throw unreadable(name, `its line ${line} is no header: ${cut.bad[0]?.reason ?? ''}`)
    if (cut.rows === 0 && stop === pieces.from) continue
    if (cut.fields > FIELDS_MAX) throw unreadable(name, `it has more than ${FIELDS_MAX} columns`)
    const fields = cut.rows === 0 ? null : fieldsOf(cut, pieces, dialect)
    pieces.take(stop)
    if (fields !== null) return { fields, line: cut.line }
  }
}

/** The fields of the record that comes next in the window; it is not taken. */
export function peekFields(pieces: Pieces, dialect: Dialect): readonly string[] {
  const cut = new Tokenizer({ ...dialect, fill: true }, FIELDS_MAX, 0)
  cut.cut(pieces.bytes, pieces.from, pieces.to, { final: pieces.ended, limit: 1 })
  return cut.rows === 0 ? [] : fieldsOf(cut, pieces, dialect)
}

const FIRST_BYTES = 65_536

function fieldsOf(cut: Tokenizer, pieces: Pieces, dialect: Dialect): readonly string[] {
  const texts = new TextCells(dialect.encoding)
  texts.open(pieces.bytes, cut.rowStarts[0] as number, cut.rowEnds[0] as number)
  const quote = String.fromCharCode(Math.max(dialect.quote, 0))
  return Array.from({ length: cut.fields }, (_, at) => {
    const text = texts.text(cut.starts[at] as number, cut.ends[at] as number)
    return cut.marks[at] === MARK.ESCAPED ? text.replaceAll(quote + quote, quote) : text
  })
}

function unreadable(name: string, problem: string): MillraceError {
  return new MillraceError('FILE_HEADER_MISMATCH', { details: { name, problem } })
}
