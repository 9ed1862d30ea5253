/**
 * One JSON object a line. A column takes the member of its name: a number as its text says it, however long; a
 * nested value in a json column as it stands; `null` and a missing member are NULL. A column's member that
 * comes twice, or is no value of the column's type, parks its line.
 */
import { type JsonLinesFormat, type JsonValue, type Schema, type Type, type Value, valueToJson } from '@millrace/core'
import { decompress } from '../compression/decompress.ts'
import { asUtf8, type Encoding, encodingOf } from '../encoding/encoding.ts'
import { TextCells } from '../encoding/text-cells.ts'
import { MillraceError } from '@millrace/base'
import { Pieces } from '../pieces.ts'
import { ASCII_BREAKS, type CutRecord, LineCutter } from '../record-cutter.ts'
import { PART_BYTES, type ReadOrder, RECORD_BYTES_MAX, type RecordParts } from '../record-reader.ts'
import { type RecordContext, type RecordOutcome, type RecordParser, readRowParts } from '../row-parts.ts'
import { columnFormat } from '../schema-of-format.ts'
import { Totals } from '../totals.ts'
import { type CellType, cellTypeOf, describeMisfit } from '../value/cell-type.ts'
import { decimalReader } from '../value/decimal.ts'
import { JsonFault, type Member, readMembers } from './json-members.ts'

/** So many unknown names are remembered; a file whose names are data would otherwise fill memory. */
const UNREAD_MAX = 1000

export function readJsonLines(order: ReadOrder, format: JsonLinesFormat): RecordParts {
  const encoding = encodingOf(format.encoding, order.name)
  if (encoding.kind === 'ebcdic') {
    throw new MillraceError('FILE_FORMAT_INVALID', { details: { name: order.name, problem: `JSON in ${encoding.name} is not read` } })
  }
  return readRowParts(order, openJson(order, format, encoding), new JsonParser(order, format, encoding))
}

export function openJson(order: Pick<ReadOrder, 'bytes' | 'name' | 'partBytes'>, format: JsonLinesFormat, encoding: Encoding): Pieces {
  const plain = decompress({
    bytes: order.bytes,
    compression: format.compression ?? 'auto',
    name: order.name,
    expansionMax: format.expansionMax,
  })
  const bytes = encoding.kind === 'foreign' ? asUtf8(plain, encoding) : plain
  return new Pieces(bytes, (order.partBytes ?? PART_BYTES) + (format.recordBytesMax ?? RECORD_BYTES_MAX) + 2)
}

class JsonParser implements RecordParser {
  readonly cutter: LineCutter
  readonly totals: Totals
  readonly needsLast = false
  readonly #schema: Schema
  readonly #cells: readonly JsonCell[]
  readonly #columns: ReadonlyMap<string, number>
  readonly #texts: TextCells
  readonly #encoding: Encoding
  readonly #strict: boolean
  readonly #unread = new Set<string>()
  #allText = true

  constructor(order: ReadOrder, format: JsonLinesFormat, encoding: Encoding) {
    const schema = order.schemas[0]?.schema ?? { columns: [], key: [] }
    this.cutter = new LineCutter(ASCII_BREAKS, format.recordBytesMax ?? RECORD_BYTES_MAX)
    this.totals = new Totals([], order.schemas, order.name)
    this.#schema = schema
    this.#cells = schema.columns.map(({ name, type }) => {
      const declared = format.columns?.[name]
      return jsonCell(type, declared === undefined ? undefined : columnFormat(declared).format, order.name)
    })
    this.#columns = new Map(schema.columns.map(({ name }, at) => [name, at]))
    this.#encoding = encoding
    this.#texts = new TextCells(encoding)
    this.#strict = format.unknownMembers === 'park'
  }

  open(bytes: Buffer, start: number, end: number): void {
    this.#allText = this.#texts.open(bytes, start, end)
  }

  parse({ start, end, problem }: CutRecord, { bytes }: RecordContext): RecordOutcome {
    if (problem !== null) return bad(problem, null)
    if (isBlank(bytes, start, end)) return { kind: 'none' }
    if (!this.#allText && !this.#texts.isText(start, end)) return bad(`it holds bytes that are no text in ${this.#encoding.name}`, null)
    let members: readonly Member[]
    try {
      members = readMembers(this.#texts.text(start, end))
    } catch (error) {
      if (error instanceof JsonFault) return bad(error.message, null)
      throw error
    }
    return this.#row(members)
  }

  unread(): readonly string[] {
    return [...this.#unread]
  }

  #row(members: readonly Member[]): RecordOutcome {
    const { columns } = this.#schema
    const values: (Value | undefined)[] = columns.map(() => undefined)
    let flaw: string | null = null
    const seen = new Uint8Array(columns.length)
    for (const member of members) {
      const at = this.#columns.get(member.name)
      if (at === undefined) {
        if (this.#unread.size < UNREAD_MAX) this.#unread.add(member.name)
        if (this.#strict) flaw ??= `it has a member ${JSON.stringify(member.name)}, for which there is no column`
        continue
      }
      if (seen[at] === 1) flaw ??= `it has the member ${JSON.stringify(member.name)} twice`
      seen[at] = 1
      const cell = this.#cells[at] as JsonCell
      values[at] = member.kind === 'null' ? null : cell.read(member)
      if (values[at] === undefined) flaw ??= `${member.name}: ${describeMisfit(cell.type, member.text, cell.format)}`
    }
    for (const [at, column] of columns.entries()) {
      if (seen[at] === 0) values[at] = null
      if (values[at] === null && !column.nullable) flaw ??= `${column.name}: it must not be null`
    }
    if (flaw === null) return { kind: 'row', stream: null, values: values as Value[] }
    const known = columns.flatMap(({ name, type }, at): [string, JsonValue][] =>
      values[at] === undefined ? [] : [[name, valueToJson(type, values[at])]],
    )
    return bad(flaw, Object.fromEntries(known))
  }
}

interface JsonCell {
  readonly type: Type
  readonly format: string | undefined
  readonly read: (member: Member) => Value | undefined
}

function jsonCell(type: Type, format: string | undefined, name: string): JsonCell {
  const cell = cellTypeOf(type, { format, name })
  return { type, format, read: memberReader(cell, name) }
}

function memberReader(cell: CellType, name: string): (member: Member) => Value | undefined {
  const { kind } = cell.type
  if (kind === 'json') return (member) => (member.kind === 'string' ? JSON.stringify(member.text) : member.text)
  if (kind === 'text') return (member) => member.text
  if (kind === 'boolean') return (member) => (member.kind === 'number' || member.kind === 'nested' ? undefined : cell.read(member.text))
  if (/^(u?int|hugeint)/.test(kind)) {
    // 1.0 and 1e3 are whole numbers in JSON.
    const whole = decimalReader(38, 0, { name })
    return (member) => {
      if (member.kind === 'string') return cell.read(member.text)
      if (member.kind !== 'number') return undefined
      const plain = cell.read(member.text)
      if (plain !== undefined) return plain
      const value = whole(member.text)
      return value === undefined ? undefined : cell.read(String(value))
    }
  }
  if (cell.layout === 'float' || kind === 'decimal') {
    return (member) => (member.kind === 'number' || member.kind === 'string' ? cell.read(member.text) : undefined)
  }
  return (member) => (member.kind === 'string' ? cell.read(member.text) : undefined)
}

function bad(reason: string, row: Readonly<Record<string, JsonValue>> | null): RecordOutcome {
  return { kind: 'bad', stream: null, reason, row }
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] !== 0x20 && bytes[at] !== 0x09) return false
  return true
}
