/** A CSV format with all its defaults, as bytes. */
import { MillraceError } from '@millrace/base'
import type { CsvFormat } from '@millrace/core'
import { type Encoding, encodingOf } from '../encoding/encoding.ts'
import { RECORD_BYTES_MAX } from '../record-reader.ts'

export interface Dialect {
  readonly encoding: Encoding
  readonly delimiter: number
  /** -1 where there are no quotes. */
  readonly quote: number
  readonly escape: number
  /** Null where there are none. */
  readonly comment: Buffer | null
  readonly trailer: Buffer | null
  readonly trim: boolean
  /** What is dropped like a space: a tab, unless that is the delimiter. */
  readonly blank: number
  readonly fill: boolean
  readonly recordBytesMax: number
  readonly nullText: readonly string[]
}

export function dialectOf(format: CsvFormat, name: string): Dialect {
  const encoding = encodingOf(format.encoding, name)
  if (encoding.kind === 'ebcdic') throw invalid(name, `CSV in ${encoding.name} is not read; fixed-width is`)
  const delimiter = byteOf(format.delimiter ?? ',', 'delimiter', name)
  const quote = format.quote === null ? -1 : byteOf(format.quote ?? '"', 'quote', name)
  const escape = format.escape === undefined ? quote : byteOf(format.escape, 'escape', name)
  if (delimiter === quote || delimiter === escape) throw invalid(name, 'delimiter and quote are the same')
  return {
    encoding,
    delimiter,
    quote,
    escape,
    comment: format.comment === undefined ? null : Buffer.from(format.comment),
    trailer: format.trailer === undefined ? null : Buffer.from(format.trailer.code),
    trim: (format.trim ?? false) && delimiter !== 0x20,
    blank: delimiter === 0x09 ? 0x20 : 0x09,
    fill: format.ragged === 'fill',
    recordBytesMax: format.recordBytesMax ?? RECORD_BYTES_MAX,
    nullText: format.nullText ?? [''],
  }
}

/** What cuts a record is one byte of ASCII, so that no character of any encoding can be taken for it. */
function byteOf(character: string, setting: string, name: string): number {
  const byte = character.charCodeAt(0)
  if (character.length !== 1 || byte > 127 || byte === 10 || byte === 13) {
    throw invalid(name, `${setting} is one character of ASCII, and no line end`)
  }
  return byte
}

function invalid(name: string, problem: string): MillraceError {
  return new MillraceError('FILE_FORMAT_INVALID', { details: { name, problem } })
}
