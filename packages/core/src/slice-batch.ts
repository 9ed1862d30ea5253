/** Changes `from` to `to` (which is not one of them) of a batch; numbers share the batch's memory. */
import type { Batch } from './batch.ts'
import { slicedText } from './packed-text.ts'
import type { Vector } from './vector.ts'

export function sliceBatch(batch: Batch, from: number, to: number): Batch {
  return {
    schema: batch.schema,
    count: to - from,
    operations: batch.operations.subarray(from, to),
    transactions: batch.transactions.subarray(from, to),
    indexes: batch.indexes.subarray(from, to),
    times: batch.times.subarray(from, to),
    after: batch.after.map((vector) => sliceVector(vector, from, to)),
    before: batch.before === null ? null : batch.before.map((vector) => sliceVector(vector, from, to)),
  }
}

function sliceVector(vector: Vector, from: number, to: number): Vector {
  const cells = vector.cells === null ? null : vector.cells.subarray(from, to)
  switch (vector.layout) {
    case 'integer':
    case 'float':
      return { layout: vector.layout, values: vector.values.subarray(from, to), cells }
    case 'boolean':
      return { layout: vector.layout, values: vector.values.subarray(from, to), cells }
    case 'wide':
      return { layout: vector.layout, values: vector.values.slice(from, to), cells }
    case 'text':
      return slicedText(vector, from, to) ?? { layout: vector.layout, values: vector.values.slice(from, to), cells }
    case 'bytes':
      return { layout: vector.layout, values: vector.values.slice(from, to), cells }
  }
}
