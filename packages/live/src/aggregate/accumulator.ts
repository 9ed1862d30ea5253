/**
 * One aggregate of every group, addressed by the group's slot. It takes rows with weights, negative ones
 * included, and can tell its result at any time; the result depends on the rows as a multiset only.
 */
import type { VectorBuilder } from '@millrace/core'
import type { Lane } from '@millrace/sql'
import type { LaneReader, LaneWriter } from '../spill/saved-lanes.ts'
import { gatherValues } from '../zset/z-batch.ts'

export interface Accumulator {
  /** What it holds; its own, or of sums and bags that others hold alike. */
  readonly state: GroupState
  /** Row `i` of the lanes belongs to the group `slots[i]`. Its weight may be 0: it is then no row. */
  add(slots: Int32Array, rows: WeightedRows): void
  results(slots: Int32Array, count: number): Lane
  /** The same of one group, for those who ask row by row. */
  tell?(slot: number, into: VectorBuilder): void
}

/** Something that is kept of every group, by its slot. */
export interface GroupState {
  /** Makes room for slots below `capacity`. */
  reserve(capacity: number): void
  /** The group is gone; its slot may come to be another's. */
  clear(slot: number): void
  /** About what it takes in memory. Asked after every step: it takes no time to speak of. */
  readonly bytes: number
  /** Puts down what it holds of some groups. */
  save(slots: Int32Array, writer: LaneWriter): void
  /** Takes up what another put down, each group in a slot of its own, where there is nothing yet. */
  load(slots: Int32Array, reader: LaneReader): void
}

export interface WeightedRows {
  readonly count: number
  /** The call's arguments and then its ORDER BY, as the call lists them; none for COUNT(*). */
  readonly lanes: readonly Lane[]
  readonly weights: Float64Array
}

/** The numbers of some slots, as a lane. */
export function putNumbers(writer: LaneWriter, numbers: Float64Array, slots: Int32Array): void {
  writer.put(slots.length, [{ layout: 'float', values: gatherValues(numbers, slots, slots.length), nulls: null }])
}

export function takeNumbers(reader: LaneReader, numbers: Float64Array, slots: Int32Array): void {
  const values = reader.take().lanes[0]?.values as Float64Array
  for (let at = 0; at < slots.length; at += 1) numbers[slots[at] as number] = values[at] as number
}

export function grownNumbers(values: Float64Array, capacity: number): Float64Array {
  if (capacity <= values.length) return values
  const larger = new Float64Array(Math.max(capacity, values.length * 2))
  larger.set(values)
  return larger
}
