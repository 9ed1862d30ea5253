import { assert } from '@millrace/base'
import { type Batch, OPERATION } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import { IntList, NumberList } from '../zset/growing-list.ts'
import { gatherLane, type ZBatch } from '../zset/z-batch.ts'

/** A batch of a model's stream as weights, each times `sign`: the opposite of encoding. */
export function decodeOutput(batch: Batch, sign: 1 | -1): readonly ZBatch[] {
  const after = new IntList()
  const afterWeights = new NumberList()
  const before = new IntList()
  for (let row = 0; row < batch.count; row += 1) {
    const operation = batch.operations[row]
    assert(operation !== OPERATION.TRUNCATE, 'a truncation is handled by the reader of the stream')
    after.push(row)
    afterWeights.push(operation === OPERATION.DELETE ? -sign : sign)
    if (operation === OPERATION.UPDATE) before.push(row)
  }
  const told = chosen(batch.after.map(laneOf), after.values(), afterWeights.values())
  if (before.count === 0) return [told]
  assert(batch.before !== null, 'an update of a model tells the row before')
  return [chosen(batch.before.map(laneOf), before.values(), new Float64Array(before.count).fill(-sign)), told]
}

function chosen(lanes: readonly Lane[], rows: Int32Array, weights: Float64Array): ZBatch {
  return { count: rows.length, lanes: lanes.map((lane) => gatherLane(lane, rows, rows.length)), weights }
}
