/**
 * A column of computed rows. Unlike a stored vector it has no unknown cells, and a whole number beyond
 * 2^53 stands among the others as a `bigint`: `values` is a Float64Array until the first of them comes,
 * and a plain array of canonical whole numbers from then on. Code that reads `values[i]` serves both.
 */
import { CELL, columnOfText, type Layout, type Value, type Vector, VectorBuilder, wholeNumber } from '@millrace/core'

export type LaneValues = Float64Array | Uint8Array | (number | bigint)[] | string[] | Uint8Array[]

/** Of text the strings may be made only when somebody asks for `values`: whoever hands a lane on need not. */
export interface Lane {
  readonly layout: Layout
  readonly values: LaneValues
  /** 1 where the row has NULL; null where no row has. */
  readonly nulls: Uint8Array | null
}

export function laneOf(vector: Vector): Lane {
  const nulls = vector.cells === null ? null : vector.cells.map((cell) => (cell === CELL.VALUE ? 0 : 1))
  if (vector.layout === 'wide') return { layout: 'integer', values: vector.values.map(wholeNumber), nulls }
  return columnOfText(vector, nulls) ?? { layout: vector.layout, values: vector.values as LaneValues, nulls }
}

/** Room for `count` values of a layout. */
export function laneValues(layout: Layout, count: number): LaneValues {
  switch (layout) {
    case 'integer':
    case 'float':
      return new Float64Array(count)
    case 'boolean':
      return new Uint8Array(count)
    case 'text':
      return new Array<string>(count).fill('')
    case 'bytes':
      return Array.from({ length: count }, () => NO_BYTES)
  }
}

const NO_BYTES = new Uint8Array(0)

export function laneValueAt(lane: Lane, row: number): Value {
  if (lane.nulls !== null && lane.nulls[row] === 1) return null
  const value = lane.values[row] as Value
  return lane.layout === 'boolean' ? value === 1 : value
}

export function laneFrom(layout: Layout, values: readonly Value[]): Lane {
  const builder = new VectorBuilder(layout, values.length)
  for (const value of values) builder.push(value)
  return laneOf(builder.finish())
}
