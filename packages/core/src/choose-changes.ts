/** The chosen changes of a batch, in the order of `rows`. */
import type { Batch } from './batch.ts'
import type { Vector } from './vector.ts'

export function chooseChanges(batch: Batch, rows: Int32Array): Batch {
  return {
    schema: batch.schema,
    count: rows.length,
    operations: chosenFlags(batch.operations, rows),
    transactions: chosenNumbers(batch.transactions, rows),
    indexes: chosenNumbers(batch.indexes, rows),
    times: chosenNumbers(batch.times, rows),
    after: batch.after.map((vector) => chosenVector(vector, rows)),
    before: batch.before === null ? null : batch.before.map((vector) => chosenVector(vector, rows)),
  }
}

function chosenVector(vector: Vector, rows: Int32Array): Vector {
  const cells = vector.cells === null ? null : chosenFlags(vector.cells, rows)
  switch (vector.layout) {
    case 'integer':
    case 'float':
      return { layout: vector.layout, values: chosenNumbers(vector.values, rows), cells }
    case 'boolean':
      return { layout: vector.layout, values: chosenFlags(vector.values, rows), cells }
    case 'wide':
      return { layout: vector.layout, values: chosenItems(vector.values, rows), cells }
    case 'text':
      return { layout: vector.layout, values: chosenItems(vector.values, rows), cells }
    case 'bytes':
      return { layout: vector.layout, values: chosenItems(vector.values, rows), cells }
  }
}

function chosenNumbers(values: Float64Array, rows: Int32Array): Float64Array {
  const chosen = new Float64Array(rows.length)
  for (let at = 0; at < rows.length; at += 1) chosen[at] = values[rows[at] as number] as number
  return chosen
}

function chosenFlags(values: Uint8Array, rows: Int32Array): Uint8Array {
  const chosen = new Uint8Array(rows.length)
  for (let at = 0; at < rows.length; at += 1) chosen[at] = values[rows[at] as number] as number
  return chosen
}

function chosenItems<T>(values: readonly T[], rows: Int32Array): T[] {
  return Array.from(rows, (row) => values[row] as T)
}
