/** What changes of a stream without a key do to its rows: lists of rows that come and go, and truncations. */
import { assert } from '@millrace/base'
import { type Batch, OPERATION, type Vector } from '@millrace/core'
import { type Lane, laneOf, laneValues } from '@millrace/sql'
import { IntList, NumberList } from '../zset/growing-list.ts'
import { concatBatches, gatherLane, type ZBatch } from '../zset/z-batch.ts'
import { type FoldShape, vectorsOf } from './fold-columns.ts'
import type { Layout } from '@millrace/core'

export type BagChange = ZBatch | 'truncate'

export interface BagColumns {
  readonly shape: FoldShape
  readonly layouts: readonly Layout[]
}

export function bagChanges({ shape, layouts }: BagColumns, batch: Batch): readonly BagChange[] {
  const lanesOf = (side: readonly Vector[]): readonly Lane[] => lanes(vectorsOf(shape, batch, side), layouts, batch.count)
  const after = lanesOf(batch.after)
  const before = batch.before === null ? null : lanesOf(batch.before)
  const changes: BagChange[] = []
  let rows = new IntList()
  let weights = new NumberList()
  const flush = (from: readonly Lane[]): void => {
    const count = rows.count
    const [chosen, told] = [rows.values(), weights.values()]
    if (count > 0) changes.push({ count, lanes: from.map((lane) => gatherLane(lane, chosen, count)), weights: told })
    rows = new IntList()
    weights = new NumberList()
  }
  // Rows before and after lie in different lanes: updates are told in two passes between truncations.
  for (const [from, to] of spansOf(batch)) {
    if (from === to) {
      changes.push('truncate')
      continue
    }
    for (let row = from; row < to; row += 1) {
      if (batch.operations[row] !== OPERATION.UPDATE) continue
      assert(before !== null, 'an update of a stream without a key tells the row before')
      rows.push(row)
      weights.push(-1)
    }
    if (before !== null) flush(before)
    for (let row = from; row < to; row += 1) {
      rows.push(row)
      weights.push(batch.operations[row] === OPERATION.DELETE ? -1 : 1)
    }
    flush(after)
  }
  return changes
}

/** The rows of batches that only insert. */
export function insertedRows({ shape, layouts }: BagColumns, batches: readonly Batch[]): ZBatch {
  const parts = batches.map((batch): ZBatch => {
    const { count } = batch
    return { count, lanes: lanes(vectorsOf(shape, batch, batch.after), layouts, count), weights: new Float64Array(count).fill(1) }
  })
  return concatBatches(parts, layouts)
}

function lanes(vectors: readonly (Vector | null)[], layouts: readonly Layout[], count: number): readonly Lane[] {
  return vectors.map((vector, at): Lane => {
    const layout = layouts[at] as Lane['layout']
    if (vector === null) return { layout, values: laneValues(layout, count), nulls: new Uint8Array(count).fill(1) }
    return laneOf(vector)
  })
}

/** Runs of changes between truncations; an empty run stands for a truncation. */
function spansOf(batch: Batch): readonly (readonly [number, number])[] {
  const spans: (readonly [number, number])[] = []
  let from = 0
  for (let row = 0; row < batch.count; row += 1) {
    if (batch.operations[row] !== OPERATION.TRUNCATE) continue
    if (row > from) spans.push([from, row])
    spans.push([row, row])
    from = row + 1
  }
  if (batch.count > from) spans.push([from, batch.count])
  return spans
}
