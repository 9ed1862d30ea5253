import type { Vector } from '@millrace/core'

/** Some rows of a column, in their order. */
export function takeRows(vector: Vector, rows: Int32Array): Vector {
  const cells = vector.cells === null ? null : Uint8Array.from(rows, (row) => vector.cells?.[row] as number)
  switch (vector.layout) {
    case 'integer':
    case 'float':
      return { layout: vector.layout, values: Float64Array.from(rows, (row) => vector.values[row] as number), cells }
    case 'boolean':
      return { layout: 'boolean', values: Uint8Array.from(rows, (row) => vector.values[row] as number), cells }
    case 'wide':
      return { layout: 'wide', values: Array.from(rows, (row) => vector.values[row] as bigint), cells }
    case 'text':
      return { layout: 'text', values: Array.from(rows, (row) => vector.values[row] as string), cells }
    case 'bytes':
      return { layout: 'bytes', values: Array.from(rows, (row) => vector.values[row] as Uint8Array), cells }
  }
}
