/** Changes of a stream with a key in an order in which each can be taken to the part of its key. */
import { type Batch, CELL, chooseChanges, OPERATION, type Value, type Vector, VectorBuilder } from '@millrace/core'
import { laneOf } from '@millrace/sql'
import { partitionHashes } from '../spill/partition-hash.ts'
import { hashRows } from '../zset/row-hash.ts'
import { type FoldShape, vectorsOf } from './fold-columns.ts'
import { changedKeys } from './keyed-fold.ts'

/** Changes that touch one key each; one that takes a row to another key; all rows go. */
export type RoutedChange =
  | { readonly kind: 'keyed'; readonly batch: Batch }
  | { readonly kind: 'moved'; readonly batch: Batch }
  | { readonly kind: 'truncated'; readonly batch: Batch }

export function routedChanges(shape: FoldShape, batch: Batch): readonly RoutedChange[] {
  const after = vectorsOf(shape, batch, batch.after)
  const before = batch.before === null ? null : vectorsOf(shape, batch, batch.before)
  const moved = before === null ? null : changedKeys({ before, after, key: shape.key, count: batch.count })
  // What the rows were before matters to nobody but those that moved.
  const plain: Batch = { ...batch, before: null }
  if (moved === null && !batch.operations.includes(OPERATION.TRUNCATE)) return [{ kind: 'keyed', batch: plain }]
  const routed: RoutedChange[] = []
  let run: number[] = []
  const flush = (): void => {
    if (run.length > 0) routed.push({ kind: 'keyed', batch: chooseChanges(plain, Int32Array.from(run)) })
    run = []
  }
  for (let row = 0; row < batch.count; row += 1) {
    const kind = batch.operations[row] === OPERATION.TRUNCATE ? 'truncated' : moved?.[row] === 1 ? 'moved' : 'keyed'
    if (kind === 'keyed') {
      run.push(row)
      continue
    }
    flush()
    routed.push({ kind, batch: chooseChanges(batch, Int32Array.of(row)) })
  }
  flush()
  return routed
}

/** The partition hashes of the changes' keys. */
export function keyHashes(shape: FoldShape, batch: Batch): Int32Array {
  const vectors = vectorsOf(shape, batch, batch.after)
  const lanes = shape.key.map((column) => laneOf(vectors[column] as Vector))
  const columns = lanes.map((_, at) => at)
  return partitionHashes(lanes, columns, hashRows(lanes, columns, batch.count))
}

/** Of an update that moved its row: the deletion of the old key. */
export function departure(batch: Batch): Batch {
  return { ...batch, operations: Uint8Array.of(OPERATION.DELETE), after: batch.before ?? batch.after, before: null }
}

/** Of an update that moved its row: the insertion of the new key, with what was not told taken from the row as it was. */
export function arrival(batch: Batch, old: (column: string) => Value): Batch {
  const after = batch.after.map((vector, at) => {
    if (vector.cells === null || vector.cells[0] === CELL.VALUE || vector.cells[0] === CELL.NULL) return vector
    const builder = new VectorBuilder(vector.layout === 'wide' ? 'integer' : vector.layout, 1)
    builder.push(old(batch.schema.columns[at]?.name ?? ''))
    return builder.finish()
  })
  return { ...batch, operations: Uint8Array.of(OPERATION.INSERT), after, before: null }
}
