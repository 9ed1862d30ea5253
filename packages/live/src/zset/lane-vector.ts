import { CELL, type Vector, vectorOfText } from '@millrace/core'
import type { Lane } from '@millrace/sql'

/** A lane as a stored vector; the arrays are shared, not copied. A NULL's flag is a NULL's cell. */
export function vectorOfLane(lane: Lane, count: number): Vector {
  return vectorWithCells(lane, lane.nulls, count)
}

function vectorWithCells(lane: Lane, cells: Uint8Array | null, count: number): Vector {
  const text = vectorOfText(lane, cells)
  if (text !== null) return text
  const { values, layout } = lane
  if (layout !== 'integer') return { layout, values, cells } as Vector
  if (values instanceof Float64Array) return { layout, values: values.subarray(0, count), cells }
  const list = values as (number | bigint)[]
  if (list.some((value) => typeof value === 'bigint')) return { layout: 'wide', values: list.map(BigInt), cells }
  return { layout, values: Float64Array.from(list as number[]), cells }
}

/** The same with cells that hold nothing where `told` is 0. */
export function partialVectorOfLane(lane: Lane, count: number, told: Uint8Array): Vector {
  const cells = new Uint8Array(count)
  for (let row = 0; row < count; row += 1) {
    cells[row] = told[row] === 0 ? CELL.ABSENT : lane.nulls !== null && lane.nulls[row] === 1 ? CELL.NULL : CELL.VALUE
  }
  return vectorWithCells(lane, cells, count)
}
