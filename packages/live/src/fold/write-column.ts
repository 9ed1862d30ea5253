import { assert } from '@millrace/base'
import { CELL, type Layout, type Vector, wholeNumber } from '@millrace/core'
import type { LaneValues } from '@millrace/sql'
import { type RowTable, type StoredColumn, suitColumn } from '../zset/row-table.ts'

/** Rows `from` to `to` of a batch, and where they go. */
export interface ColumnWrite {
  readonly from: number
  readonly to: number
  /** The slot that each row is written to; -1 for a row that is not. */
  readonly targets: Int32Array
  /** The slot of the row as it was before the change; -1 where there was none. */
  readonly origins: Int32Array
}

/** Null for a column that the batch was written without. */
export interface WrittenVector {
  readonly vector: Vector | null
  readonly layout: Layout
}

/** Writes one column of changes in their order; a cell that the source did not tell keeps its value. */
export function writeColumn(table: RowTable, at: number, { vector, layout }: WrittenVector, write: ColumnWrite): void {
  const column = table.columns[at] as StoredColumn
  const hasNulls = vector === null || vector.cells !== null
  const wide = vector !== null && vector.layout === 'wide'
  const values = wide ? [] : vector?.layout === 'integer' ? vector.values : new Float64Array(0)
  suitColumn(column, { layout, values, nulls: hasNulls ? EMPTY : null }, table.capacity)
  if (vector === null) writeNulls(column, write)
  else if (vector.cells !== null) writeCells(column, vector, write)
  else if (wide) writeWide(column, vector.values, write)
  else if (column.values instanceof Float64Array) writeNumbers(column.values, vector.values as Float64Array, write)
  else if (column.values instanceof Int32Array) writeNarrow(column.values, vector.values as Float64Array, write)
  else writeValues(column.values, vector.values, write)
  if (!hasNulls && column.nulls !== null) clearNulls(column.nulls, write)
}

const EMPTY = new Uint8Array(0)

function writeNumbers(values: Float64Array, given: Float64Array, { from, to, targets }: ColumnWrite): void {
  for (let row = from; row < to; row += 1) {
    const slot = targets[row] as number
    if (slot >= 0) values[slot] = given[row] as number
  }
}

function writeNarrow(values: Int32Array, given: Float64Array, { from, to, targets }: ColumnWrite): void {
  for (let row = from; row < to; row += 1) {
    const slot = targets[row] as number
    if (slot >= 0) values[slot] = given[row] as number
  }
}

function writeValues(values: LaneValues, given: ArrayLike<unknown>, { from, to, targets }: ColumnWrite): void {
  const list = values as unknown[]
  for (let row = from; row < to; row += 1) {
    const slot = targets[row] as number
    if (slot >= 0) list[slot] = given[row]
  }
}

function writeWide(column: StoredColumn, given: readonly bigint[], { from, to, targets }: ColumnWrite): void {
  const list = column.values as (number | bigint)[]
  for (let row = from; row < to; row += 1) {
    const slot = targets[row] as number
    if (slot >= 0) list[slot] = wholeNumber(given[row] as bigint)
  }
}

function clearNulls(nulls: Uint8Array, { from, to, targets }: ColumnWrite): void {
  for (let row = from; row < to; row += 1) {
    const slot = targets[row] as number
    if (slot >= 0) nulls[slot] = 0
  }
}

function writeNulls(column: StoredColumn, { from, to, targets }: ColumnWrite): void {
  const nulls = column.nulls as Uint8Array
  for (let row = from; row < to; row += 1) {
    const slot = targets[row] as number
    if (slot >= 0) nulls[slot] = 1
  }
}

function writeCells(column: StoredColumn, vector: Vector, { from, to, targets, origins }: ColumnWrite): void {
  const nulls = column.nulls as Uint8Array
  const cells = vector.cells as Uint8Array
  const values = column.values as unknown[]
  for (let row = from; row < to; row += 1) {
    const slot = targets[row] as number
    if (slot < 0) continue
    const cell = cells[row]
    if (cell === CELL.VALUE) {
      values[slot] = vector.layout === 'wide' ? wholeNumber(vector.values[row] as bigint) : vector.values[row]
      nulls[slot] = 0
    } else if (cell === CELL.NULL) {
      nulls[slot] = 1
    } else {
      const origin = origins[row] as number
      assert(origin >= 0, 'a value that did not change belongs to a known row')
      values[slot] = values[origin]
      nulls[slot] = nulls[origin] as number
    }
  }
}
