/**
 * A model's change as changes of its stream. With a key each key is told once: insert, update (with the
 * row before) or delete. Without one a row is told as often as its weight says.
 */
import { assert } from '@millrace/base'
import { type Batch, OPERATION, type Schema } from '@millrace/core'
import { IntList } from '../zset/growing-list.ts'
import { partialVectorOfLane, vectorOfLane } from '../zset/lane-vector.ts'
import { hashRows } from '../zset/row-hash.ts'
import { compileMatcher } from '../zset/row-match.ts'
import type { RowTable } from '../zset/row-table.ts'
import { SlotIndex } from '../zset/slot-index.ts'
import { gatherLane, type ZBatch } from '../zset/z-batch.ts'

export interface OutputOrigin {
  /** The cut that the output reflects. */
  readonly asOf: number
  /** When the source committed the oldest change that went into it, in microseconds. */
  readonly timeMicros: number
  /** How many changes of the same cut were told before, in other batches. */
  readonly firstIndex?: number
}

interface OutputRows {
  readonly operations: Uint8Array
  /** The row of the change that stands after each output change; for a delete, the row that went. */
  readonly after: Int32Array
  /** The row before, of an update; else any row. */
  readonly before: Int32Array
  readonly isUpdate: Uint8Array | null
}

/** `change` has been consolidated. Null where it is empty. */
export function encodeOutput(change: ZBatch, schema: Schema, origin: OutputOrigin): Batch | null {
  if (change.count === 0) return null
  if (schema.key.length === 0 && comeOnce(change)) return allInserted(change, schema, origin)
  const rows = schema.key.length > 0 ? keyedRows(change, schema.key) : keylessRows(change)
  const count = rows.operations.length
  const { isUpdate } = rows
  return {
    schema,
    count,
    operations: rows.operations,
    transactions: new Float64Array(count).fill(origin.asOf),
    indexes: numbersFrom(origin.firstIndex, count),
    times: new Float64Array(count).fill(origin.timeMicros),
    after: change.lanes.map((lane) => vectorOfLane(gatherLane(lane, rows.after, count), count)),
    before:
      isUpdate === null ? null : change.lanes.map((lane) => partialVectorOfLane(gatherLane(lane, rows.before, count), count, isUpdate)),
  }
}

function numbersFrom(first: number | undefined, count: number): Float64Array {
  const numbers = new Float64Array(count)
  for (let at = 0; at < count; at += 1) numbers[at] = (first ?? 0) + at
  return numbers
}

function comeOnce({ count, weights }: ZBatch): boolean {
  for (let row = 0; row < count; row += 1) if (weights[row] !== 1) return false
  return true
}

/** What most steps of a model over events tell: its rows as they are, without a copy of them. */
function allInserted({ count, lanes }: ZBatch, schema: Schema, { asOf, timeMicros, firstIndex }: OutputOrigin): Batch {
  return {
    schema,
    count,
    operations: new Uint8Array(count).fill(OPERATION.INSERT),
    transactions: new Float64Array(count).fill(asOf),
    indexes: numbersFrom(firstIndex, count),
    times: new Float64Array(count).fill(timeMicros),
    after: lanes.map((lane) => vectorOfLane(lane, count)),
    before: null,
  }
}

function keyedRows(change: ZBatch, key: readonly number[]): OutputRows {
  const { count, lanes, weights } = change
  const hashes = hashRows(lanes, key, count)
  const layouts = key.map((column) => lanes[column]?.layout ?? 'integer')
  const match = compileMatcher({ layouts, storedColumns: key, laneColumns: key }, 'grouping')(
    { columns: lanes } as unknown as RowTable,
    lanes,
  )
  const index = new SlotIndex()
  const keys = new IntList()
  const gone = new Int32Array(count).fill(-1)
  const come = new Int32Array(count).fill(-1)
  for (let row = 0; row < count; row += 1) {
    const hash = hashes[row] as number
    let first = index.find(hash, match, row)
    if (first < 0) {
      first = row
      index.add(hash, row)
      keys.push(row)
    }
    const side = weights[row] === 1 ? come : gone
    assert(side[first] === -1 && Math.abs(weights[row] as number) === 1, 'a key has at most one row before and one after')
    side[first] = row
  }
  return pairedRows(keys.values(), gone, come)
}

function pairedRows(keys: Int32Array, gone: Int32Array, come: Int32Array): OutputRows {
  const count = keys.length
  const operations = new Uint8Array(count)
  const after = new Int32Array(count)
  const before = new Int32Array(count)
  const isUpdate = new Uint8Array(count)
  let updates = 0
  for (let at = 0; at < count; at += 1) {
    const first = keys[at] as number
    const [old, now] = [gone[first] as number, come[first] as number]
    operations[at] = old < 0 ? OPERATION.INSERT : now < 0 ? OPERATION.DELETE : OPERATION.UPDATE
    after[at] = now < 0 ? old : now
    before[at] = old < 0 ? now : old
    if (old < 0 || now < 0) continue
    isUpdate[at] = 1
    updates += 1
  }
  return { operations, after, before, isUpdate: updates === 0 ? null : isUpdate }
}

function keylessRows({ count, weights }: ZBatch): OutputRows {
  const operations = new IntList()
  const after = new IntList()
  for (const operation of [OPERATION.DELETE, OPERATION.INSERT]) {
    for (let row = 0; row < count; row += 1) {
      const weight = weights[row] as number
      const times = operation === OPERATION.INSERT ? weight : -weight
      for (let time = 0; time < times; time += 1) {
        operations.push(operation)
        after.push(row)
      }
    }
  }
  return { operations: Uint8Array.from(operations.values()), after: after.values(), before: after.values(), isUpdate: null }
}
