/** Which rows of a model somebody wants: all, those with certain values, those for which a condition is true. */
import { layoutOf, type Schema, type Value } from '@millrace/core'
import { type Lane, laneFrom, laneValueAt } from '@millrace/sql'
import type { Condition } from './condition.ts'
import { identityText } from './row-identity.ts'

/** Columns that must have certain values. */
export interface Match {
  readonly columns: readonly number[]
  readonly values: readonly Value[]
}

export interface RowFilter {
  /** Filters with one id want the same rows. */
  readonly id: string
  readonly match: Match | null
  readonly condition: Condition | null
}

export const EVERY_ROW: RowFilter = { id: '', match: null, condition: null }

export function rowFilter(match: Match | null, condition: Condition | null): RowFilter {
  if (match === null && condition === null) return EVERY_ROW
  const place = match === null ? '' : `${match.columns.join(',')}=${wantedText(match)}`
  return { id: `${place}|${condition?.text ?? ''}`, match, condition }
}

/** What the identity of the matching rows' columns reads. A NULL equals nothing. */
export function wantedText(match: Match): string {
  return identityText(
    match.values,
    match.values.map((_, at) => at),
  )
}

/** Per row whether it is wanted; null where all are. Raises READ_FILTER_FAILED. */
export function wantedRows(filter: RowFilter, lanes: readonly Lane[], count: number): Uint8Array | null {
  const { match, condition } = filter
  if (match === null && condition === null) return null
  const wanted = condition === null ? new Uint8Array(count).fill(1) : condition.test(lanes, count)
  if (match === null) return wanted
  const text = wantedText(match)
  const places = match.columns.map((_, at) => at)
  for (let row = 0; row < count; row += 1) {
    if (wanted[row] === 0) continue
    const values = match.columns.map((column) => laneValueAt(lanes[column] as Lane, row))
    if (values.includes(null) || identityText(values, places) !== text) wanted[row] = 0
  }
  return wanted
}

/** Rows that lie one by one, as lanes: only the columns that the filter looks at hold anything. */
export function lanesOfRows(schema: Schema, filter: RowFilter, rows: readonly { readonly values: readonly Value[] }[]): Lane[] {
  const looked = new Set([...(filter.match?.columns ?? []), ...(filter.condition?.columns ?? [])])
  return schema.columns.map(({ type }, at) => laneFrom(layoutOf(type), looked.has(at) ? rows.map(({ values }) => values[at] as Value) : []))
}
