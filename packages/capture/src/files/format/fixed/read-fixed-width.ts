/**
 * Records whose fields lie at fixed places. A line may be shorter than its layout: what is missing counts as
 * padding. What stands beyond the layout's fields is passed over.
 */
import { isUtf8 } from 'node:buffer'
import { MillraceError } from '@millrace/base'
import { type FixedWidthFormat, type JsonValue, type RecordLayout, type Value, valueToJson } from '@millrace/core'
import { decompress } from '../compression/decompress.ts'
import { asUtf8, type Encoding, encodingOf } from '../encoding/encoding.ts'
import { decodeText } from '../encoding/text-cells.ts'
import { Pieces } from '../pieces.ts'
import {
  ASCII_BREAKS,
  type CutRecord,
  DescriptorCutter,
  EBCDIC_BREAKS,
  LengthCutter,
  LineCutter,
  type RecordCutter,
} from '../record-cutter.ts'
import { PART_BYTES, type ReadOrder, RECORD_BYTES_MAX, type RecordParts } from '../record-reader.ts'
import { type RecordContext, type RecordOutcome, type RecordParser, readRowParts } from '../row-parts.ts'
import { Totals } from '../totals.ts'
import { type FieldReader, fieldReader } from './fixed-field.ts'

export function readFixedWidth(order: ReadOrder, format: FixedWidthFormat): RecordParts {
  const encoding = encodingOf(format.encoding, order.name)
  const parser = new FixedParser(order, format, encoding)
  const { compression = 'auto', expansionMax } = format
  const plain = decompress({ bytes: order.bytes, compression, name: order.name, expansionMax })
  const bytes = encoding.kind === 'foreign' ? asUtf8(plain, encoding) : plain
  const recordMax = typeof format.records === 'object' ? format.records.bytes : (format.recordBytesMax ?? RECORD_BYTES_MAX)
  return readRowParts(order, new Pieces(bytes, (order.partBytes ?? PART_BYTES) + recordMax + SLACK_BYTES), parser)
}

/** A line end, or a record's own length. */
const SLACK_BYTES = 8

interface Layout {
  readonly name: string
  readonly format: RecordLayout
  readonly role: 'data' | 'header' | 'trailer'
  readonly stream: string | null
  readonly fields: readonly FieldReader[]
  /** Where the figures of its totals are among those of the file. */
  readonly firstTotal: number
}

/** A record's bytes, and how its fields' places are found in it. */
interface View {
  readonly length: number
  text(start: number, end: number): string | null
  bytes(start: number, end: number): Uint8Array
}

class FixedParser implements RecordParser {
  readonly cutter: RecordCutter
  readonly totals: Totals
  readonly needsLast: boolean
  readonly #format: FixedWidthFormat
  readonly #encoding: Encoding
  readonly #layouts: readonly Layout[]
  readonly #byCode: ReadonlyMap<string, Layout>
  /** What all records are that nothing else claims. */
  readonly #plain: Layout | undefined
  readonly #first: Layout | undefined
  readonly #last: Layout | undefined
  readonly #fallback: string | null

  constructor(order: ReadOrder, format: FixedWidthFormat, encoding: Encoding) {
    this.#format = format
    this.#encoding = encoding
    this.#layouts = layoutsOf(format, order.name)
    this.#fallback = order.schemas[0]?.stream ?? null
    this.totals = new Totals(
      this.#layouts.flatMap((layout) => layout.format.totals ?? []),
      order.schemas,
      order.name,
    )
    this.#byCode = new Map(
      this.#layouts.flatMap((layout) => (layout.format.code === undefined ? [] : [[layout.format.code, layout] as const])),
    )
    const uncoded = (role: string): Layout | undefined =>
      this.#layouts.find((layout) => layout.role === role && layout.format.code === undefined)
    this.#plain = uncoded('data')
    this.#first = uncoded('header')
    this.#last = uncoded('trailer')
    this.needsLast = this.#last !== undefined
    this.cutter = this.#cutterOf(order.name)
    this.#check(order.name)
  }

  open(): void {
    // Each record is decoded by itself.
  }

  parse({ start, end, problem }: CutRecord, context: RecordContext): RecordOutcome {
    if (problem !== null) return { kind: 'bad', stream: this.#fallback, reason: problem, row: null }
    if (start === end) return { kind: 'none' }
    const view = this.#view(context.bytes, start, end)
    const layout = this.#layoutOf(view, context)
    if (layout === undefined) {
      if (this.#format.unknownRecords === 'ignore') return { kind: 'none' }
      return {
        kind: 'bad',
        stream: this.#fallback,
        reason: `no layout has the code ${JSON.stringify(this.#codeOf(view) ?? '')}`,
        row: null,
      }
    }
    return layout.role === 'data' ? readRow(layout, view) : this.#control(layout, view)
  }

  unread(): readonly string[] {
    return []
  }

  #layoutOf(view: View, { seen, last }: RecordContext): Layout | undefined {
    if (seen === 0 && this.#first !== undefined) return this.#first
    if (last && this.#last !== undefined) return this.#last
    const code = this.#codeOf(view)
    return (code === null ? undefined : this.#byCode.get(code)) ?? this.#plain
  }

  #codeOf(view: View): string | null {
    const place = this.#format.code
    return place === undefined ? null : view.text(place.start - 1, place.start - 1 + place.length)
  }

  /** A header or a trailer: its figures are remembered until the end. */
  #control(layout: Layout, view: View): RecordOutcome {
    for (const [at, total] of (layout.format.totals ?? []).entries()) {
      const field = layout.fields.find(({ name }) => name === total.field)
      const value = field === undefined ? undefined : readField(field, view)
      const scale = field?.type.kind === 'decimal' ? field.type.scale : 0
      const known = typeof value === 'number' || typeof value === 'bigint'
      const text = field === undefined ? '' : String(valueToJson(field.type, value ?? null) ?? '')
      this.totals.declare(
        layout.firstTotal + at,
        known ? { unscaled: BigInt(value), scale, text, digits: field?.end === undefined ? 0 : digitsOf(field) } : null,
      )
    }
    return { kind: 'none' }
  }

  #view(bytes: Buffer, start: number, end: number): View {
    const encoding = this.#encoding
    const record = bytes.subarray(start, end)
    const raw = (from: number, to: number): Uint8Array => record.subarray(Math.min(from, record.length), Math.min(to, record.length))
    if (this.#format.positions === 'characters') {
      const characters = isTextIn(encoding, record) ? Array.from(decodeText(encoding, record, 0, record.length)) : null
      return { length: characters?.length ?? 0, text: (from, to) => characters?.slice(from, to).join('') ?? null, bytes: raw }
    }
    const characters = encoding.kind === 'ebcdic' ? translated(record, encoding.table) : record
    return {
      length: record.length,
      text: (from, to) => {
        const part = characters.subarray(Math.min(from, characters.length), Math.min(to, characters.length))
        return isTextIn(encoding, part) ? decodeText(encoding, part, 0, part.length) : null
      },
      bytes: raw,
    }
  }

  #cutterOf(name: string): RecordCutter {
    const { records = 'lines', recordBytesMax = RECORD_BYTES_MAX } = this.#format
    if (records === 'lines') return new LineCutter(this.#encoding.kind === 'ebcdic' ? EBCDIC_BREAKS : ASCII_BREAKS, recordBytesMax)
    if (records === 'rdw') return new DescriptorCutter(recordBytesMax, name)
    if (!Number.isInteger(records.bytes) || records.bytes < 1) throw invalid(name, 'a record has at least one byte')
    return new LengthCutter(records.bytes)
  }

  #check(name: string): void {
    const raw = this.#layouts.flatMap(({ fields }) => fields).find((field) => field.raw)
    if (raw !== undefined && this.cutter.breaks !== null) {
      throw invalid(name, `the bytes of '${raw.name}' may be a line end, so records cannot be lines: tell their length with \`records\``)
    }
    if (raw !== undefined && (this.#encoding.kind === 'foreign' || this.#format.positions === 'characters')) {
      throw invalid(name, `'${raw.name}' lies at bytes, but positions are of characters`)
    }
    if (this.#encoding.kind === 'foreign' && (this.#format.positions !== 'characters' || this.cutter.breaks === null)) {
      throw invalid(name, `in ${this.#encoding.name} positions are of characters and records are lines`)
    }
  }
}

function layoutsOf(format: FixedWidthFormat, name: string): readonly Layout[] {
  const entries = Object.entries(format.layouts)
  const data = entries.filter(([, layout]) => (layout.role ?? 'data') === 'data')
  if (format.code === undefined && entries.some(([, layout]) => layout.code !== undefined))
    throw invalid(name, 'layouts have codes, but `code` does not say where')
  for (const role of ['data', 'header', 'trailer'] as const) {
    const uncoded = entries.filter(([, layout]) => (layout.role ?? 'data') === role && layout.code === undefined)
    if (uncoded.length > 1) throw invalid(name, `more than one layout of a ${role} record has no code`)
  }
  let firstTotal = 0
  return entries.map(([layoutName, layout]): Layout => {
    const role = layout.role ?? 'data'
    const fields = layout.fields.map((field) => fieldReader(field, name))
    const first = firstTotal
    firstTotal += layout.totals?.length ?? 0
    const stray = layout.totals?.find((total) => !fields.some((field) => field.name === total.field))
    if (stray !== undefined) throw invalid(name, `the total '${stray.name}' names a field '${stray.field}' that its layout has not`)
    return { name: layoutName, format: layout, role, stream: data.length === 1 ? null : layoutName, fields, firstTotal: first }
  })
}

function readRow(layout: Layout, view: View): RecordOutcome {
  const values: Value[] = []
  const known: [string, JsonValue][] = []
  let flaw: string | null = null
  for (const field of layout.fields) {
    const value = readField(field, view)
    if (value === undefined) flaw ??= `${field.name}: ${field.describe(shown(field, view))}`
    else {
      if (value === null && !field.nullable) flaw ??= `${field.name}: it must not be null`
      known.push([field.name, valueToJson(field.type, value)])
    }
    values.push(value ?? null)
  }
  if (flaw === null) return { kind: 'row', stream: layout.stream, values }
  return { kind: 'bad', stream: layout.stream, reason: flaw, row: Object.fromEntries(known) }
}

function readField(field: FieldReader, view: View): Value | undefined {
  if (!field.raw) {
    const text = view.text(field.start, field.end)
    return text === null ? undefined : field.readText(text)
  }
  const bytes = view.bytes(field.start, field.end)
  if (bytes.length < field.end - field.start) return bytes.length === 0 ? null : undefined
  return field.readBytes(bytes)
}

function shown(field: FieldReader, view: View): string {
  const text = field.raw ? null : view.text(field.start, field.end)
  return text ?? `\\x${Buffer.from(view.bytes(field.start, field.end)).toString('hex')}`
}

function digitsOf(field: FieldReader): number {
  return field.raw ? (field.end - field.start) * 2 - 1 : field.end - field.start
}

function isTextIn(encoding: Encoding, bytes: Uint8Array): boolean {
  if (encoding.kind === 'utf-8') return isUtf8(bytes)
  if (encoding.kind === 'foreign') return !Buffer.from(bytes).includes('\uFFFD')
  return encoding.kind !== 'bytes' || bytes.every((byte) => encoding.characters[byte] !== '\uFFFD')
}

function translated(bytes: Buffer, table: Uint8Array): Buffer {
  return Buffer.from(bytes.map((byte) => table[byte] as number))
}

function invalid(name: string, problem: string): MillraceError {
  return new MillraceError('FILE_FORMAT_INVALID', { details: { name, problem } })
}
