/** Late changes as rows of a stream of their own. */
import { type Batch, CELL, OPERATION, type Vector } from '@millrace/core'

/** Each change as the row that it told; what it did not tell is NULL there. */
export function asLateRows({ schema, count, after, ...origin }: Batch): Batch {
  return {
    ...origin,
    count,
    schema: { columns: schema.columns, key: [] },
    operations: new Uint8Array(count).fill(OPERATION.INSERT),
    after: after.map(told),
    before: null,
  }
}

function told(vector: Vector): Vector {
  if (vector.cells === null) return vector
  return { ...vector, cells: vector.cells.map((cell) => (cell === CELL.VALUE ? CELL.VALUE : CELL.NULL)) }
}
