/**
 * Reads one stretch of CSV to columns: cut as a whole, then column by column, so that no object is made per record.
 * It knows nothing of what came before: records and lines are counted from the stretch's first.
 */
import { type CsvFormat, type Schema, valueToJson, type Vector } from '@millrace/core'
import type { ParkedRow } from '../../../parking/parked-record.ts'
import { decodeText, TextCells } from '../encoding/text-cells.ts'
import { type BadRecord, RAW_BYTES_MAX } from '../record-reader.ts'
import { takeRows } from '../take-rows.ts'
import { type ColumnPlan, planColumns } from './column-plan.ts'
import { type Dialect, dialectOf } from './dialect.ts'
import { type CutPiece, readColumn, valueOf } from './read-column.ts'
import { Tokenizer } from './tokenizer.ts'

export interface PieceOrder {
  readonly format: CsvFormat
  readonly schema: Schema
  /** As the file, its header or the format names them. */
  readonly fields: readonly string[]
  readonly partBytes: number
  readonly name: string
}

export interface ReadPiece {
  /** So many bytes were read; what is beyond them is no whole record yet. */
  readonly length: number
  readonly rows: number
  readonly columns: readonly Vector[]
  /** Which record each row is; null where every record is a row. */
  readonly rowRecords: Int32Array | null
  readonly records: number
  readonly lines: number
  /** Records and lines are the stretch's, from 0. */
  readonly bad: readonly BadRecord[]
  readonly controls: readonly string[]
  /** What follows, up to and with its line end, belongs to a record that was given up. */
  readonly overlong: boolean
}

export class PieceReader {
  readonly #dialect: Dialect
  readonly #plans: readonly ColumnPlan[]
  readonly #cut: Tokenizer
  readonly #texts: TextCells

  constructor(order: PieceOrder) {
    this.#dialect = dialectOf(order.format, order.name)
    this.#plans = planColumns(order)
    this.#cut = new Tokenizer(this.#dialect, Math.max(order.fields.length, 1), order.partBytes)
    this.#texts = new TextCells(this.#dialect.encoding)
  }

  /** Fields that no column reads. */
  unread(fields: readonly string[]): readonly string[] {
    const wanted = new Set(this.#plans.map(({ field }) => field))
    return fields.filter((_, at) => !wanted.has(at))
  }

  /** `bytes[to]` must be there to be written to. `final`: no more will come. */
  read(bytes: Buffer, { from, to, final }: { readonly from: number; readonly to: number; readonly final: boolean }): ReadPiece {
    const cut = this.#cut
    cut.line = 0
    const stop = cut.cut(bytes, from, to, { final, limit: Infinity })
    const { escape, quote } = this.#dialect
    const flaws = new Map<number, string>()
    const piece: CutPiece = { cut, bytes, texts: this.#texts, escape, quote, flaws }
    if (!this.#texts.open(bytes, from, stop)) this.#findForeignText(piece)
    const vectors = this.#plans.map((plan) => readColumn(piece, plan))
    const kept = flaws.size === 0 ? null : keptRows(piece)
    const { overlong } = cut
    cut.overlong = false
    return {
      length: stop - from,
      rows: kept === null ? cut.rows : kept.length,
      columns: kept === null ? vectors : vectors.map((vector) => takeRows(vector, kept)),
      rowRecords: recordsOf(cut, kept),
      records: cut.records,
      lines: cut.line,
      bad: this.#badRecords(piece),
      controls: cut.controls.map(({ start, end }) => decodeText(this.#dialect.encoding, bytes, start, end)),
      overlong,
    }
  }

  #findForeignText({ cut, flaws }: CutPiece): void {
    const reason = `it holds bytes that are no text in ${this.#dialect.encoding.name}`
    for (let row = 0; row < cut.rows; row += 1) {
      if (!this.#texts.isText(cut.rowStarts[row] as number, cut.rowEnds[row] as number)) flaws.set(row, reason)
    }
  }

  #badRecords(piece: CutPiece): readonly BadRecord[] {
    const { cut, bytes, flaws } = piece
    const bad = cut.bad.map(({ start, end, line, record, reason }): BadRecord => ({
      index: record,
      line,
      reason,
      raw: rawOf(bytes, start, end),
      row: null,
    }))
    for (const [row, reason] of flaws) {
      bad.push({
        index: cut.rowRecords[row] as number,
        line: cut.rowLines[row] as number,
        reason,
        raw: rawOf(bytes, cut.rowStarts[row] as number, cut.rowEnds[row] as number),
        row: rowOf(piece, this.#plans, row),
      })
    }
    return bad.sort((left, right) => left.index - right.index)
  }
}

function keptRows({ cut, flaws }: CutPiece): Int32Array {
  const kept = new Int32Array(cut.rows - flaws.size)
  for (let row = 0, at = 0; row < cut.rows; row += 1) {
    if (flaws.has(row)) continue
    kept[at] = row
    at += 1
  }
  return kept
}

function recordsOf(cut: Tokenizer, kept: Int32Array | null): Int32Array | null {
  if (kept !== null) return kept.map((row) => cut.rowRecords[row] as number)
  return cut.records === cut.rows ? null : cut.rowRecords.slice(0, cut.rows)
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
