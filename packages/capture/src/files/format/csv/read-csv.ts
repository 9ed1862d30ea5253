/** CSV: each piece is cut as a whole, then read column by column, so that no object is made per record. */
import { assert, MillraceError } from '@millrace/base'
import { type Batch, type CsvFormat, OPERATION, type Schema, valueToJson, type Vector } from '@millrace/core'
import type { ParkedRow } from '../../../parking/parked-record.ts'
import { decompress } from '../compression/decompress.ts'
import { asUtf8 } from '../encoding/encoding.ts'
import { decodeText, TextCells } from '../encoding/text-cells.ts'
import { Pieces } from '../pieces.ts'
import {
  type BadRecord,
  type FileEnd,
  PART_BYTES,
  RAW_BYTES_MAX,
  type ReadMark,
  type ReadOrder,
  type RecordPart,
  type RecordParts,
} from '../record-reader.ts'
import { takeRows } from '../take-rows.ts'
import { type Figure, Totals } from '../totals.ts'
import { decimalReader } from '../value/decimal.ts'
import { type ColumnPlan, planColumns } from './column-plan.ts'
import { type Dialect, dialectOf } from './dialect.ts'
import { readHeader } from './header.ts'
import { type CutPiece, readColumn, valueOf } from './read-column.ts'
import { Tokenizer } from './tokenizer.ts'

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
  readonly #texts: TextCells
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
    this.#texts = new TextCells(dialect.encoding)
  }

  async *run(): RecordParts {
    const { fields, line } = await this.#begin()
    const plans = planColumns({ format: this.#format, schema: this.#schema, fields, name: this.#order.name })
    const partBytes = this.#order.partBytes ?? PART_BYTES
    const cut = new Tokenizer(this.#dialect, Math.max(fields.length, 1), partBytes)
    cut.line = line
    for (let wanted = partBytes; ;) {
      await this.#pieces.fill(wanted)
      if (this.#overlong) {
        await this.#pieces.skipLine()
        this.#overlong = false
        continue
      }
      const { length, ended, from } = this.#pieces
      if (length === 0 && ended) break
      const stop = cut.cut(this.#pieces.bytes, from, this.#pieces.to, { final: ended, limit: Infinity })
      if (stop === from) {
        assert(!this.#pieces.full, 'a record over its limit is cut')
        wanted = Math.max(length * 2, length + 1)
        continue
      }
      wanted = partBytes
      this.#overlong = cut.overlong
      cut.overlong = false
      yield this.#part(cut, plans, { from, stop, fields })
    }
    const wanted = new Set(plans.map(({ field }) => field))
    const unread = fields.filter((_, at) => !wanted.has(at))
    return { records: this.#records, bad: this.#bad, controlTotals: this.#totals.end(), unread } satisfies FileEnd
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

  #part(
    cut: Tokenizer,
    plans: readonly ColumnPlan[],
    { from, stop, fields }: { from: number; stop: number; fields: readonly string[] },
  ): RecordPart {
    const { bytes } = this.#pieces
    const flaws = new Map<number, string>()
    const piece: CutPiece = {
      cut,
      bytes,
      texts: this.#texts,
      escape: String.fromCharCode(Math.max(this.#dialect.escape, 0)),
      quote: String.fromCharCode(Math.max(this.#dialect.quote, 0)),
      flaws,
    }
    if (!this.#texts.open(bytes, from, stop)) this.#findForeignText(piece)
    const vectors = plans.map((plan) => readColumn(piece, plan))
    const batch = this.#batch(cut, vectors, flaws)
    const bad = this.#badRecords(piece, plans)
    this.#readControls(cut, bytes)
    this.#totals.add(null, batch)
    for (const record of bad) this.#totals.addBad(null, record.row)
    this.#records += cut.records
    this.#bad += bad.length
    this.#pieces.take(stop)
    const mark: CsvMark = {
      byte: this.#pieces.offset,
      records: this.#records,
      line: cut.line,
      bad: this.#bad,
      header: fields,
      totals: this.#totals.save(),
      overlong: this.#overlong,
    }
    return { stream: null, batch, bad, records: cut.records, bytes: stop - from, mark }
  }

  #findForeignText({ cut, flaws }: CutPiece): void {
    for (let row = 0; row < cut.rows; row += 1) {
      if (this.#texts.isText(cut.rowStarts[row] as number, cut.rowEnds[row] as number)) continue
      flaws.set(row, `it holds bytes that are no text in ${this.#dialect.encoding.name}`)
    }
  }

  #batch(cut: Tokenizer, vectors: readonly Vector[], flaws: ReadonlyMap<number, string>): Batch {
    const rows = cut.rows - flaws.size
    const kept = new Int32Array(rows)
    const indexes = new Float64Array(rows)
    for (let row = 0, at = 0; row < cut.rows; row += 1) {
      if (flaws.size > 0 && flaws.has(row)) continue
      kept[at] = row
      indexes[at] = this.#records + (cut.rowRecords[row] as number)
      at += 1
    }
    return {
      schema: this.#schema,
      count: rows,
      operations: new Uint8Array(rows).fill(OPERATION.INSERT),
      transactions: new Float64Array(rows).fill(this.#order.origin.transaction),
      indexes,
      times: new Float64Array(rows).fill(this.#order.origin.timeMicros),
      after: flaws.size === 0 ? vectors : vectors.map((vector) => takeRows(vector, kept)),
      before: null,
    }
  }

  #badRecords(piece: CutPiece, plans: readonly ColumnPlan[]): readonly BadRecord[] {
    const { cut, bytes, flaws } = piece
    const bad = cut.bad.map(({ start, end, line, record, reason }): BadRecord => ({
      index: this.#records + record,
      line,
      reason,
      raw: rawOf(bytes, start, end),
      row: null,
    }))
    for (const [row, reason] of flaws) {
      bad.push({
        index: this.#records + (cut.rowRecords[row] as number),
        line: cut.rowLines[row] as number,
        reason,
        raw: rawOf(bytes, cut.rowStarts[row] as number, cut.rowEnds[row] as number),
        row: rowOf(piece, plans, row),
      })
    }
    return bad.sort((left, right) => left.index - right.index)
  }

  #readControls(cut: Tokenizer, bytes: Buffer): void {
    const trailer = this.#format.trailer
    if (trailer === undefined) return
    for (const { start, end } of cut.controls) {
      const fields = fieldsOf(decodeText(this.#dialect.encoding, bytes, start, end), this.#dialect)
      for (const [at, total] of trailer.totals.entries()) {
        const text = fields[total.field - 1] ?? ''
        const scale = FIGURE_SCALE
        const value = decimalReader(38, scale, { ...this.#format, name: this.#order.name })(text)
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

function rawOf(bytes: Buffer, start: number, end: number): Uint8Array {
  return Uint8Array.from(bytes.subarray(start, Math.min(end, start + RAW_BYTES_MAX)))
}

function rowOf(piece: CutPiece, plans: readonly ColumnPlan[], row: number): ParkedRow {
  const cells: [string, ReturnType<typeof valueToJson>][] = []
  for (const plan of plans) {
    const value = valueOf(piece, plan, row * piece.cut.width + plan.field)
    if (value !== undefined) cells.push([plan.name, valueToJson(plan.cell.type, value)])
  }
  return Object.fromEntries(cells)
}
