/** What is told of a row that is set aside: its key, its cells as far as they can be read, what came. */
import { MillraceError } from '@millrace/base'
import { type JsonValue, layoutOf, valueAt, valueToJson, VectorBuilder } from '@millrace/core'
import type { ParkedRow } from '../parking/parked-record.ts'
import type { Table } from './catalog/table.ts'
import { maskedText } from './columns/masked-text.ts'
import type { CellParser } from './parse/cell-parser.ts'
import { type Cells, isTold } from './pgoutput/tuple.ts'

/** A row where it lies. `told`: the only columns that were told, or null for all of them. */
export interface SeenRow {
  readonly buffer: Buffer
  readonly cells: Cells
  readonly told: readonly boolean[] | null
}

/** The key as people write it; of several columns, as a list. Null where the table has none. */
export function keyText(table: Table, row: SeenRow): string | null {
  const { key } = table.schema
  if (key.length === 0) return null
  const texts = key.map((column) => cellText(table, row, column))
  return texts.length === 1 ? (texts[0] ?? null) : JSON.stringify(texts)
}

/** By column; what cannot be read, was not told or did not change is missing. */
export function parkedRow(table: Table, parsers: readonly CellParser[], row: SeenRow): ParkedRow {
  const cells: Record<string, JsonValue> = {}
  for (const [column, { name, type }] of table.schema.columns.entries()) {
    if (!isTold(row.cells, column) || (row.told !== null && row.told[column] !== true)) continue
    const start = row.cells.starts[column] as number
    if (start < 0) {
      cells[name] = null
      continue
    }
    const builder = new VectorBuilder(layoutOf(type), 1)
    try {
      ;(parsers[column] as CellParser)(row.buffer, start, row.cells.ends[column] as number, builder)
    } catch (error) {
      if (error instanceof MillraceError) continue
      throw error
    }
    cells[name] = valueToJson(type, valueAt(builder.finish(), 0) ?? null)
  }
  return cells
}

/** The cells between tabs, for a row that did not come in one piece or that must not be kept as it came. */
export function rawText(table: Table, row: SeenRow): Uint8Array {
  const texts = table.schema.columns.map((_, column) => cellText(table, row, column) ?? String.raw`\N`)
  return Buffer.from(texts.join('\t'))
}

function cellText(table: Table, { buffer, cells }: SeenRow, column: number): string | null {
  const start = cells.starts[column] as number
  return start < 0 ? null : maskedText(table, column, buffer.toString('utf8', start, cells.ends[column]))
}
