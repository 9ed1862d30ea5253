/** The order of rows by some of their columns, and the keys by which a bag holds them. */
import type { Layout, VectorBuilder } from '@millrace/core'
import { CELL } from '@millrace/core'
import { compareText, type Lane } from '@millrace/sql'
import type { Compare } from './ordered-bag.ts'
import { type BagValue, bagValueOf, valueOfBag } from './value-order.ts'

/** One column of a key, and where it stands in the order. */
export interface KeyColumn {
  /** Which of the aggregate's lanes it is. */
  readonly lane: number
  readonly layout: Layout
  readonly descending: boolean
  readonly nullsFirst: boolean
}

/** A key of one column is its value; one of several is a list of them. */
export type SortKeyValue = BagValue | null | readonly (BagValue | null)[]

export function keyAt(columns: readonly KeyColumn[], lanes: readonly Lane[], row: number): SortKeyValue {
  const [first, second] = columns
  if (second === undefined) return cellOf(first as KeyColumn, lanes, row)
  return columns.map((column) => cellOf(column, lanes, row))
}

/** The value of the column at `index` of a key. */
export function partOf(key: SortKeyValue, index: number): BagValue | null {
  return Array.isArray(key) ? ((key as readonly (BagValue | null)[])[index] as BagValue | null) : (key as BagValue | null)
}

export function compareKeys(columns: readonly KeyColumn[]): Compare<SortKeyValue> {
  const compares = columns.map(compareCells)
  const compare = compares.length === 1 ? compares[0] : compareLists(compares)
  return compare as Compare<SortKeyValue>
}

function compareLists(compares: readonly Compare<BagValue | null>[]): Compare<readonly (BagValue | null)[]> {
  return (left, right) => {
    for (let at = 0; at < compares.length; at += 1) {
      const order = (compares[at] as Compare<BagValue | null>)(left[at] as BagValue | null, right[at] as BagValue | null)
      if (order !== 0) return order
    }
    return 0
  }
}

/** DuckDB's order of the values of a layout, in which only the same value is equal: -0 stands before 0. */
export function compareValues(layout: Layout): Compare<BagValue> {
  switch (layout) {
    case 'text':
      return compareText as Compare<BagValue>
    case 'float':
      return compareFloats as Compare<BagValue>
    default:
      return (left, right) => (left < right ? -1 : left > right ? 1 : 0)
  }
}

/** Writes a value or NULL as the builder's layout has it. */
export function pushValue(builder: VectorBuilder, layout: Layout, value: BagValue | null): void {
  if (value === null) builder.pushCell(CELL.NULL)
  else if (layout === 'boolean') builder.pushBoolean(value === 1)
  else builder.push(valueOfBag(layout, value))
}

function cellOf({ lane, layout }: KeyColumn, lanes: readonly Lane[], row: number): BagValue | null {
  const { values, nulls } = lanes[lane] as Lane
  return nulls !== null && nulls[row] === 1 ? null : bagValueOf(layout, values[row])
}

function compareCells({ layout, descending, nullsFirst }: KeyColumn): Compare<BagValue | null> {
  const compare = compareValues(layout)
  const nullSide = nullsFirst ? -1 : 1
  return (left, right) => {
    if (left === null || right === null) return left === right ? 0 : left === null ? nullSide : -nullSide
    return descending ? compare(right, left) : compare(left, right)
  }
}

function compareFloats(left: number, right: number): number {
  if (left < right) return -1
  if (left > right) return 1
  if (left === right) return left !== 0 || Object.is(left, right) ? 0 : Object.is(left, -0) ? -1 : 1
  return Number(left !== left) - Number(right !== right)
}
