/** Reads rows in binary form, column by column, into the columns of a batch. */
import { MillraceError } from '@millrace/base'
import { CELL, type Schema, type VectorBuilder } from '@millrace/core'
import type { CellParser } from '../parse/cell-parser.ts'
import { type BinaryRows, ROWS_MAX } from './binary-rows.ts'
import type { ColumnForm } from './column-format.ts'
import { type CellReader, cellReader } from './read-cell.ts'

export class RowReader {
  readonly forms: readonly ColumnForm[]
  readonly #readers: readonly CellReader[]

  /** `parsers` read what the server prints. */
  constructor(forms: readonly ColumnForm[], schema: Schema, parsers: readonly CellParser[]) {
    this.forms = forms
    this.#readers = schema.columns.map(({ type }, column) => {
      const format = forms[column]?.format ?? 'printed'
      return format === 'printed' ? parsed(parsers[column] as CellParser) : cellReader(format, type)
    })
  }

  /** Pushes a cell per row and column; false where some value does not fit, and then some columns have fewer. */
  read(rows: BinaryRows, into: readonly VectorBuilder[]): boolean {
    return this.#readers.every((reader, column) => readColumn(rows, column, reader, into[column] as VectorBuilder))
  }
}

function readColumn({ buffer, starts, ends, count }: BinaryRows, column: number, reader: CellReader, into: VectorBuilder): boolean {
  const first = column * ROWS_MAX
  for (let at = first; at < first + count; at += 1) {
    const start = starts[at] as number
    if (start < 0) into.pushCell(CELL.NULL)
    else if (!reader(buffer, start, ends[at] as number, into)) return false
  }
  return true
}

function parsed(parser: CellParser): CellReader {
  return (buffer, start, end, into) => {
    try {
      parser(buffer, start, end, into)
      return true
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'CAPTURE_VALUE_UNREPRESENTABLE') return false
      throw error
    }
  }
}
