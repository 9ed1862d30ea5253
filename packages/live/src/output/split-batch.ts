import type { Batch, Vector } from '@millrace/core'

/** A batch in parts of at most `rowsLimit` changes each. */
export function splitBatch(batch: Batch, rowsLimit: number): readonly Batch[] {
  if (batch.count <= rowsLimit) return [batch]
  const parts: Batch[] = []
  for (let from = 0; from < batch.count; from += rowsLimit) parts.push(partOf(batch, from, Math.min(batch.count, from + rowsLimit)))
  return parts
}

function partOf(batch: Batch, from: number, to: number): Batch {
  return {
    schema: batch.schema,
    count: to - from,
    operations: batch.operations.subarray(from, to),
    transactions: batch.transactions.subarray(from, to),
    indexes: batch.indexes.subarray(from, to),
    times: batch.times.subarray(from, to),
    after: batch.after.map((vector) => partOfVector(vector, from, to)),
    before: batch.before === null ? null : batch.before.map((vector) => partOfVector(vector, from, to)),
  }
}

function partOfVector(vector: Vector, from: number, to: number): Vector {
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
      return { layout: vector.layout, values: vector.values.slice(from, to), cells }
    case 'bytes':
      return { layout: vector.layout, values: vector.values.slice(from, to), cells }
  }
}
