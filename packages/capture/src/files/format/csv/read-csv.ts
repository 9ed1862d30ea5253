/** CSV, part by part. */
import { assert, MillraceError } from '@millrace/base'
import { type Batch, type CsvFormat, OPERATION, type Schema } from '@millrace/core'
import { decompress } from '../compression/decompress.ts'
import { asUtf8 } from '../encoding/encoding.ts'
import { Pieces } from '../pieces.ts'
import { type FileEnd, PART_BYTES, type ReadMark, type ReadOrder, type RecordPart, type RecordParts } from '../record-reader.ts'
import { type Figure, Totals } from '../totals.ts'
import { decimalReader } from '../value/decimal.ts'
import { type Dialect, dialectOf } from './dialect.ts'
import { readHeader } from './header.ts'
import { PieceReader, type ReadPiece } from './piece-reader.ts'

interface CsvMark extends ReadMark {
  readonly line: number
  readonly bad: number
  readonly header: readonly string[]
  readonly totals: readonly string[]
  readonly overlong: boolean
}

export async function* readCsv(order: ReadOrder, format: CsvFormat): RecordParts {
  const dialect = dialectOf(format, order.name)
  const pieces = openPieces(order, format, dialect)
  try {
    return yield* new CsvReader(order, format, dialect, pieces).run()
  } finally {
    await pieces.close()
  }
}

export function openPieces(order: Pick<ReadOrder, 'bytes' | 'name' | 'partBytes'>, format: CsvFormat, dialect: Dialect): Pieces {
  const { compression = 'auto', expansionMax } = format
  const plain = decompress({ bytes: order.bytes, compression, name: order.name, expansionMax })
  const text = dialect.encoding.kind === 'foreign' ? asUtf8(plain, dialect.encoding) : plain
  return new Pieces(text, (order.partBytes ?? PART_BYTES) + dialect.recordBytesMax + SLACK_BYTES)
}

/** Beyond the longest record and a part: a line end, or what a comment begins with. */
const SLACK_BYTES = 4096

class CsvReader {
  readonly #order: ReadOrder
  readonly #format: CsvFormat
  readonly #dialect: Dialect
  readonly #pieces: Pieces
  readonly #schema: Schema
  readonly #totals: Totals
  #header: readonly string[] = []
  #line = 1
  #records = 0
  #bad = 0
  #overlong = false

  constructor(order: ReadOrder, format: CsvFormat, dialect: Dialect, pieces: Pieces) {
    const schema = order.schemas[0]
    if (schema === undefined || order.schemas.length > 1) {
      throw new MillraceError('FILE_FORMAT_INVALID', { details: { name: order.name, problem: 'CSV has one type of record' } })
    }
    this.#order = order
    this.#format = format
    this.#dialect = dialect
    this.#pieces = pieces
    this.#schema = schema.schema
    this.#totals = new Totals(format.trailer?.totals ?? [], order.schemas, order.name)
  }

  async *run(): RecordParts {
    const { fields, line } = await this.#begin()
    this.#line = line
    this.#header = fields
    const partBytes = this.#order.partBytes ?? PART_BYTES
    const reader = new PieceReader({ format: this.#format, schema: this.#schema, fields, partBytes, name: this.#order.name })
    for (let wanted = partBytes; ;) {
      await this.#pieces.fill(wanted)
      if (this.#overlong) {
        await this.#pieces.skipLine()
        this.#overlong = false
        continue
      }
      const { length, ended, from, to } = this.#pieces
      if (length === 0 && ended) break
      const piece = reader.read(this.#pieces.bytes, { from, to, final: ended })
      if (piece.length === 0) {
        assert(!this.#pieces.full, 'a record over its limit is cut')
        wanted = length * 2
        continue
      }
      wanted = partBytes
      yield this.#part(piece)
    }
    return { records: this.#records, bad: this.#bad, controlTotals: this.#totals.end(), unread: reader.unread(fields) } satisfies FileEnd
  }

  /** At the first record, or at a mark. */
  async #begin(): Promise<{ fields: readonly string[]; line: number }> {
    const mark = this.#order.resume as CsvMark | null | undefined
    if (mark !== null && mark !== undefined) {
      await this.#pieces.skip(mark.byte)
      this.#records = mark.records
      this.#bad = mark.bad
      this.#overlong = mark.overlong
      this.#totals.restore(mark.totals)
      return { fields: mark.header, line: mark.line }
    }
    const columns = this.#schema.columns.map(({ name }) => name)
    return readHeader(this.#pieces, this.#format, { dialect: this.#dialect, columns, name: this.#order.name })
  }

  /** The stretch that follows in the window. */
  #part(piece: ReadPiece): RecordPart {
    const batch = this.#batch(piece)
    const [records, line] = [this.#records, this.#line]
    const bad = piece.bad.map((record) => ({ ...record, index: records + record.index, line: line + record.line }))
    this.#readControls(piece.controls)
    this.#totals.add(null, batch)
    for (const record of bad) this.#totals.addBad(null, record.row)
    this.#records += piece.records
    this.#line += piece.lines
    this.#bad += bad.length
    this.#overlong = piece.overlong
    this.#pieces.take(this.#pieces.from + piece.length)
    const mark: CsvMark = {
      byte: this.#pieces.offset,
      records: this.#records,
      line: this.#line,
      bad: this.#bad,
      header: this.#header,
      totals: this.#totals.save(),
      overlong: this.#overlong,
    }
    return { stream: null, batch, bad, records: piece.records, bytes: piece.length, mark }
  }

  #batch({ rows, rowRecords, columns }: ReadPiece): Batch {
    const indexes = new Float64Array(rows)
    for (let row = 0; row < rows; row += 1) indexes[row] = this.#records + (rowRecords === null ? row : (rowRecords[row] as number))
    const { transaction, timeMicros } = this.#order.origin
    return {
      schema: this.#schema,
      count: rows,
      operations: new Uint8Array(rows).fill(OPERATION.INSERT),
      transactions: new Float64Array(rows).fill(transaction),
      indexes,
      times: new Float64Array(rows).fill(timeMicros),
      after: columns,
      before: null,
    }
  }

  #readControls(lines: readonly string[]): void {
    const trailer = this.#format.trailer
    if (trailer === undefined) return
    for (const line of lines) {
      const fields = fieldsOf(line, this.#dialect)
      for (const [at, total] of trailer.totals.entries()) {
        const text = fields[total.field - 1] ?? ''
        const value = decimalReader(38, FIGURE_SCALE, { ...this.#format, name: this.#order.name })(text)
        this.#totals.declare(at, figureOf(value as number | bigint | undefined, text))
      }
    }
  }
}

/** A declared sum may have so many digits after its point. */
const FIGURE_SCALE = 9

function figureOf(value: number | bigint | undefined, text: string): Figure | null {
  if (value === undefined) return null
  const unscaled = BigInt(value)
  const divisor = 10n ** BigInt(FIGURE_SCALE)
  const digits = text.replaceAll(/\D/g, '').length
  return unscaled % divisor === 0n
    ? { unscaled: unscaled / divisor, scale: 0, text, digits }
    : { unscaled, scale: FIGURE_SCALE, text, digits }
}

/** A control record is written by a program for programs: quotes around a field are dropped, nothing more. */
function fieldsOf(line: string, { delimiter, quote }: Dialect): readonly string[] {
  const mark = quote < 0 ? '' : String.fromCharCode(quote)
  return line.split(String.fromCharCode(delimiter)).map((field) => {
    const text = field.trim()
    return mark !== '' && text.length > 1 && text.startsWith(mark) && text.endsWith(mark) ? text.slice(1, -1) : text
  })
}
