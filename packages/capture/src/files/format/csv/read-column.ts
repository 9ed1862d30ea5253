/** One column of a piece, cell by cell, from places in the bytes to a vector. */
import { CELL, type Value, type Vector, VectorBuilder, vectorOfPacked } from '@millrace/core'
import type { KeptPiece, TextCells } from '../encoding/text-cells.ts'
import type { CellForm } from '../scan/cell-kernels.ts'
import { describeMisfit } from '../value/cell-type.ts'
import type { ColumnPlan } from './column-plan.ts'
import { MARK, type Tokenizer } from './tokenizer.ts'

/** A piece that was cut, and what its rows turned out to lack: the first flaw of each, by row. */
export interface CutPiece {
  readonly cut: Tokenizer
  readonly bytes: Buffer
  readonly texts: TextCells
  /** Bytes; -1 where the dialect has none. */
  readonly escape: number
  readonly quote: number
  readonly flaws: Map<number, string>
}

export function readColumn(piece: CutPiece, plan: ColumnPlan): Vector {
  const { form } = plan.cell
  if (form !== null) return readForm(piece, plan, form)
  if (plan.cell.type.kind !== 'text' || !plan.emptyAloneIsNull) return readAny(piece, plan)
  const kept = piece.texts.kept()
  return kept === null ? readTexts(piece, plan) : placeTexts(piece, plan, kept)
}

function readForm(piece: CutPiece, plan: ColumnPlan, form: CellForm): Vector {
  const { rows, width } = piece.cut
  let cells: Uint8Array | null = null
  const odd = (row: number): number | null => {
    const value = valueOf(piece, plan, row * width + plan.field)
    // Too large for a double; then the column needs another layout.
    if (typeof value === 'bigint') return null
    if (value !== null && value !== undefined) return Number(value)
    note(piece, plan, { row, at: row * width + plan.field, value })
    cells ??= new Uint8Array(rows)
    cells[row] = CELL.NULL
    return 0
  }
  const values = piece.cut.scanner.column(form, { first: plan.field, width, rows }, odd)
  if (values === null) return readAny(piece, plan)
  if (plan.cell.layout === 'boolean') return { layout: 'boolean', values: Uint8Array.from(values), cells }
  return { layout: plan.cell.layout === 'float' ? 'float' : 'integer', values: values.slice(), cells }
}

/** Where the cells stand in the bytes that are kept; what only escapes is taken out of these. */
function placeTexts(piece: CutPiece, plan: ColumnPlan, { bytes, base }: KeptPiece): Vector {
  const { cut } = piece
  const { rows, width, starts, ends, marks, marked } = cut
  const packed = { bytes, starts: new Uint32Array(rows), ends: new Uint32Array(rows), codes: null }
  let cells: Uint8Array | null = null
  for (let row = 0, at = plan.field; row < rows; row += 1, at += width) {
    const start = starts[at] as number
    const end = ends[at] as number
    const mark = marked ? (marks[at] as number) : MARK.PLAIN
    if ((start === end && mark === MARK.PLAIN) || mark === MARK.MISSING) {
      cells ??= new Uint8Array(rows)
      cells[row] = CELL.NULL
      note(piece, plan, { row, at, value: null })
      continue
    }
    packed.starts[row] = start - base
    packed.ends[row] = mark === MARK.ESCAPED ? start - base + unescape(piece, { start, end }, bytes.subarray(start - base)) : end - base
  }
  return vectorOfPacked(packed, cells)
}

function readTexts(piece: CutPiece, plan: ColumnPlan): Vector {
  const { cut, texts } = piece
  const { rows, width, starts, ends, marks, marked } = cut
  const values = new Array<string>(rows)
  let cells: Uint8Array | null = null
  for (let row = 0, at = plan.field; row < rows; row += 1, at += width) {
    const start = starts[at] as number
    const end = ends[at] as number
    const mark = marked ? (marks[at] as number) : MARK.PLAIN
    if (mark === MARK.ESCAPED) {
      values[row] = texts.decode(unescaped(piece, start, end))
    } else if ((start === end && mark === MARK.PLAIN) || mark === MARK.MISSING) {
      values[row] = ''
      cells ??= new Uint8Array(rows)
      cells[row] = CELL.NULL
      note(piece, plan, { row, at, value: null })
    } else {
      values[row] = texts.text(start, end)
    }
  }
  return { layout: 'text', values, cells }
}

function readAny(piece: CutPiece, plan: ColumnPlan): Vector {
  const { rows, width } = piece.cut
  const builder = new VectorBuilder(plan.cell.layout, rows)
  for (let row = 0, at = plan.field; row < rows; row += 1, at += width) {
    const value = valueOf(piece, plan, at)
    if (value === null || value === undefined) note(piece, plan, { row, at, value })
    builder.push(value ?? null)
  }
  return builder.finish()
}

/** `undefined` for what is no value of the column's type. */
export function valueOf(piece: CutPiece, plan: ColumnPlan, at: number): Value | undefined {
  const mark = piece.cut.marked ? piece.cut.marks[at] : MARK.PLAIN
  if (mark === MARK.MISSING) return null
  const text = textAt(piece, at)
  if (plan.cell.type.kind === 'text') return mark === MARK.PLAIN && plan.nulls.has(text) ? null : text
  if (plan.nulls.has(text) || plan.nulls.has(text.trim())) return null
  return plan.cell.read(text)
}

function textAt(piece: CutPiece, at: number): string {
  const { cut, texts } = piece
  const start = cut.starts[at] as number
  const end = cut.ends[at] as number
  return cut.marked && cut.marks[at] === MARK.ESCAPED ? texts.decode(unescaped(piece, start, end)) : texts.text(start, end)
}

function unescaped(piece: CutPiece, start: number, end: number): Buffer {
  const plain = Buffer.allocUnsafe(end - start)
  return plain.subarray(0, unescape(piece, { start, end }, plain))
}

interface Place {
  readonly start: number
  readonly end: number
}

/** Writes a cell without what only escapes; how many bytes that are. */
function unescape({ bytes, escape, quote }: CutPiece, { start, end }: Place, into: Buffer): number {
  let size = 0
  for (let at = start; at < end; at += 1) {
    const next = at + 1 < end ? bytes[at + 1] : -1
    if (bytes[at] === escape && (next === quote || next === escape)) at += 1
    into[size] = bytes[at] as number
    size += 1
  }
  return size
}

interface Seen {
  readonly row: number
  readonly at: number
  readonly value: null | undefined
}

function note(piece: CutPiece, plan: ColumnPlan, { row, at, value }: Seen): void {
  if (value === null && plan.nullable) return
  if (piece.flaws.has(row)) return
  const what = value === null ? 'it must not be null' : describeMisfit(plan.cell.type, textAt(piece, at), plan.format)
  piece.flaws.set(row, `${plan.name}: ${what}`)
}
