/** Rows in binary form as the cells of text that they stand for: for the few that are taken one by one. */
import { assert } from '@millrace/base'
import { type Schema, TIMESTAMP_INFINITY, type Type, valueAt, valueToText, VectorBuilder, layoutOf } from '@millrace/core'
import { type Cells, makeCells } from '../pgoutput/tuple.ts'
import { type BinaryRows, ROWS_MAX } from './binary-rows.ts'
import type { ColumnFormat } from './column-format.ts'
import { cellReader } from './read-cell.ts'
import { printNumeric } from './read-numeric.ts'

export interface PrintedRow {
  readonly buffer: Buffer
  readonly cells: Cells
}

/** The cells hold until the next row. */
export function* printedRows(rows: BinaryRows, schema: Schema): IterableIterator<PrintedRow> {
  const cells = makeCells(rows.forms.length)
  for (let row = 0; row < rows.count; row += 1) {
    const texts: Buffer[] = []
    let size = 0
    for (const [column, { format }] of rows.forms.entries()) {
      const at = column * ROWS_MAX + row
      const start = rows.starts[at] as number
      if (start < 0) {
        cells.starts[column] = start
        continue
      }
      const type = schema.columns[column]?.type
      assert(type !== undefined, 'a cell belongs to a column')
      const text = printCell({ format, type }, rows.buffer, start, rows.ends[at] as number)
      cells.starts[column] = size
      size += text.length
      cells.ends[column] = size
      texts.push(text)
    }
    yield { buffer: Buffer.concat(texts), cells }
  }
}

interface Printing {
  readonly format: ColumnFormat
  readonly type: Type
}

/** The instant that our calendar cannot tell from infinity. */
const LAST_INSTANT = '294247-01-10 04:00:54.775807'

function printCell({ format, type }: Printing, buffer: Buffer, start: number, end: number): Buffer {
  switch (format) {
    case 'printed':
    case 'text':
      return buffer.subarray(start, end)
    case 'jsonb':
      return buffer.subarray(start + 1, end)
    case 'boolean':
      return Buffer.from(buffer[start] === 1 ? 't' : 'f')
    case 'numeric':
      return Buffer.from(printNumeric(buffer, start))
    default: {
      const builder = new VectorBuilder(layoutOf(type), 1)
      const isRead = cellReader(format, type)(buffer, start, end, builder)
      return Buffer.from(isRead ? asPostgres(type, builder) : printLate(type, buffer, start))
    }
  }
}

function asPostgres(type: Type, builder: VectorBuilder): string {
  const value = valueAt(builder.finish(), 0)
  assert(value !== null && value !== undefined, 'a cell that was read holds a value')
  return valueToText(type, value).replace(' (BC)', ' BC')
}

/** An instant after all that ours can hold. */
function printLate(type: Type, buffer: Buffer, start: number): string {
  assert(type.kind === 'timestamp' || type.kind === 'timestamptz', 'of these types alone a value may not fit')
  const micros = buffer.readBigInt64BE(start) + 946_684_800_000_000n
  if (micros !== TIMESTAMP_INFINITY) return valueToText(type, micros)
  return type.kind === 'timestamp' ? LAST_INSTANT : `${LAST_INSTANT}+00`
}
