/**
 * How a value in Postgres's text format becomes a cell. The snapshot and the stream use the same
 * parsers on the same text, so a value from either is byte-equal to the same from the other.
 */
import type { VectorBuilder } from '@millrace/core'
import { MillraceError } from '@millrace/base'
import { successorOf } from '../slot-name.ts'

/** Reads `buffer[start, end)` and pushes exactly one cell. */
export type CellParser = (buffer: Buffer, start: number, end: number, into: VectorBuilder) => void

/** Where a column is, for the errors of its parser. */
export interface ColumnPlace {
  readonly source: string
  readonly slot: string
  /** As a statement names it: `sales.orders`. */
  readonly table: string
  readonly column: string
}

export interface Misfit {
  readonly what: string
  readonly type: string
  /** A type of Postgres whose values arrive as text. */
  readonly wider: string
}

/** Never a wrong value: what has no exact counterpart is an error that names the column. */
export function unrepresentable(place: ColumnPlace, misfit: Misfit): MillraceError {
  const { source, table, column, slot } = place
  return new MillraceError('CAPTURE_VALUE_UNREPRESENTABLE', { details: { source, table, column, ...misfit, next: successorOf(slot) } })
}
