/**
 * One aggregate of every group, addressed by the group's slot. It takes rows with weights, negative ones
 * included, and can tell its result at any time; the result depends on the rows as a multiset only.
 */
import type { VectorBuilder } from '@millrace/core'
import type { Lane } from '@millrace/sql'

export interface Accumulator {
  /** Makes room for slots below `capacity`. */
  reserve(capacity: number): void
  /** Row `i` of the lanes belongs to the group `slots[i]`. Its weight may be 0: it is then no row. */
  add(slots: Int32Array, rows: WeightedRows): void
  results(slots: Int32Array, count: number): Lane
  /** The same of one group, for those who ask row by row. */
  tell?(slot: number, into: VectorBuilder): void
  /** The group is gone; its slot may come to be another's. */
  clear(slot: number): void
}

export interface WeightedRows {
  readonly count: number
  /** The call's arguments and then its ORDER BY, as the call lists them; none for COUNT(*). */
  readonly lanes: readonly Lane[]
  readonly weights: Float64Array
}

export function grownNumbers(values: Float64Array, capacity: number): Float64Array {
  if (capacity <= values.length) return values
  const larger = new Float64Array(Math.max(capacity, values.length * 2))
  larger.set(values)
  return larger
}
