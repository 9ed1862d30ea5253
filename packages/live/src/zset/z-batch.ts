/**
 * Rows with weights, column by column: how often each row came (positive) or went (negative). A relation
 * is such a set; so is a change of one, and every operator maps changes of its inputs to the change of
 * its output. The same row may stand in it several times; only the sum of its weights means something.
 */
import { chosenText, columnOfPacked, joinedText, type Layout, type PackedText, packedTextOf } from '@millrace/core'
import { type Lane, type LaneValues, laneValues } from '@millrace/sql'

export interface ZBatch {
  readonly count: number
  readonly lanes: readonly Lane[]
  readonly weights: Float64Array
}

export function emptyBatch(layouts: readonly Layout[]): ZBatch {
  return {
    count: 0,
    lanes: layouts.map((layout) => ({ layout, values: laneValues(layout, 0), nulls: null })),
    weights: new Float64Array(0),
  }
}

/** The chosen rows of a lane, in the order of `rows`. */
export function gatherLane(lane: Lane, rows: Int32Array, count: number): Lane {
  const nulls = gatherNulls(lane.nulls, rows, count)
  return chosenText(lane, { rows, count }, nulls) ?? { layout: lane.layout, values: gatherValues(lane.values, rows, count), nulls }
}

export function gatherBatch(batch: ZBatch, rows: Int32Array, count: number): ZBatch {
  const weights = new Float64Array(count)
  for (let at = 0; at < count; at += 1) weights[at] = batch.weights[rows[at] as number] as number
  return { count, lanes: batch.lanes.map((lane) => gatherLane(lane, rows, count)), weights }
}

/** What takes all of a batch back. */
export function negated(batch: ZBatch): ZBatch {
  return { ...batch, weights: batch.weights.map((weight) => -weight) }
}

/** One loop for each kind of array, so that each stays monomorphic. What was stored narrow comes out as numbers. */
export function gatherValues(values: LaneValues | Int32Array, rows: Int32Array, count: number): LaneValues {
  if (values instanceof Float64Array) return gatherNumbers(values, rows, count)
  if (values instanceof Int32Array) return gatherNarrow(values, rows, count)
  if (values instanceof Uint8Array) return gatherFlags(values, rows, count)
  const list = values as unknown[]
  const gathered = new Array<unknown>(count)
  for (let at = 0; at < count; at += 1) gathered[at] = list[rows[at] as number]
  return gathered as LaneValues
}

function gatherNumbers(values: Float64Array, rows: Int32Array, count: number): Float64Array {
  const gathered = new Float64Array(count)
  for (let at = 0; at < count; at += 1) gathered[at] = values[rows[at] as number] as number
  return gathered
}

function gatherNarrow(values: Int32Array, rows: Int32Array, count: number): Float64Array {
  const gathered = new Float64Array(count)
  for (let at = 0; at < count; at += 1) gathered[at] = values[rows[at] as number] as number
  return gathered
}

function gatherFlags(values: Uint8Array, rows: Int32Array, count: number): Uint8Array {
  const gathered = new Uint8Array(count)
  for (let at = 0; at < count; at += 1) gathered[at] = values[rows[at] as number] as number
  return gathered
}

export function gatherNulls(nulls: Uint8Array | null, rows: Int32Array, count: number): Uint8Array | null {
  return nulls === null ? null : gatherFlags(nulls, rows, count)
}

/** All rows of several batches of one shape. */
export function concatBatches(batches: readonly ZBatch[], layouts: readonly Layout[]): ZBatch {
  const filled = batches.filter((batch) => batch.count > 0)
  const [first, second] = filled
  if (first === undefined) return batches[0] ?? emptyBatch(layouts)
  if (second === undefined) return first
  const count = filled.reduce((sum, batch) => sum + batch.count, 0)
  const weights = new Float64Array(count)
  let next = 0
  for (const batch of filled) {
    weights.set(batch.weights.subarray(0, batch.count), next)
    next += batch.count
  }
  return { count, lanes: layouts.map((layout, at) => concatLanes(filled, at, { layout, count })), weights }
}

function concatLanes(batches: readonly ZBatch[], at: number, { layout, count }: { layout: Layout; count: number }): Lane {
  const lanes = batches.map((batch) => batch.lanes[at] as Lane)
  const counts = batches.map((batch) => batch.count)
  const nulls = lanes.some((lane) => lane.nulls !== null) ? new Uint8Array(count) : null
  const text = layout === 'text' ? joinedLane(lanes, counts) : null
  let next = 0
  for (const [index, lane] of lanes.entries()) {
    const rows = counts[index] as number
    if (nulls !== null && lane.nulls !== null) nulls.set(lane.nulls.subarray(0, rows), next)
    next += rows
  }
  if (text !== null) return columnOfPacked(text, nulls)
  return { layout, values: concatValues(lanes, counts, { layout, count }), nulls }
}

/** Null unless the text of all is still bytes. */
function joinedLane(lanes: readonly Lane[], counts: readonly number[]): ReturnType<typeof joinedText> {
  const parts: { packed: PackedText; count: number }[] = []
  for (const [index, lane] of lanes.entries()) {
    const packed = packedTextOf(lane)
    if (packed === null) return null
    parts.push({ packed, count: counts[index] as number })
  }
  return joinedText(parts)
}

function concatValues(lanes: readonly Lane[], counts: readonly number[], { layout, count }: { layout: Layout; count: number }): LaneValues {
  const plain = layout === 'text' || layout === 'bytes' || lanes.some((lane) => Array.isArray(lane.values))
  if (plain) {
    const list: unknown[] = []
    for (const [index, lane] of lanes.entries()) {
      const rows = counts[index] as number
      for (let row = 0; row < rows; row += 1) list.push(lane.values[row])
    }
    return list as LaneValues
  }
  const joined = laneValues(layout, count) as Float64Array
  let next = 0
  for (const [index, lane] of lanes.entries()) {
    const rows = counts[index] as number
    joined.set((lane.values as Float64Array).subarray(0, rows), next)
    next += rows
  }
  return joined
}
