import { assert } from '@millrace/base'
import type { Batch, Schema } from '@millrace/core'
import { laneOf } from '@millrace/sql'
import type { RelationChange } from '../operator/operator.ts'

/** A batch of new rows as a model reads it, without a log or a fold in between: for measuring operators alone. */
export function ownInserts(batch: Batch, schema: Schema): RelationChange {
  const lanes = batch.after.map((vector) => {
    assert(vector !== null, 'an insert tells every column')
    return laneOf(vector)
  })
  const columns = new Map(schema.columns.map(({ name }, at) => [name, at]))
  return {
    batch: { count: batch.count, lanes, weights: new Float64Array(batch.count).fill(1) },
    laneIndex: (column) => columns.get(column) ?? -1,
  }
}
