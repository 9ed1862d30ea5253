import { assert, MillraceError } from '@millrace/base'
import {
  type Batch,
  type Column,
  columnIndex,
  layoutOf,
  sameType,
  sameWatermark,
  type Schema,
  type Type,
  type Vector,
  VectorBuilder,
  type Watermark,
} from '@millrace/core'

/** The columns of a stream that live models read, with its key. */
export interface FoldShape {
  readonly stream: string
  readonly columns: readonly Column[]
  /** Indexes into `columns`; empty where a whole row is its own identity. */
  readonly key: readonly number[]
  /** What of the stream's changes is late, and so no part of the fold. */
  readonly watermark?: Watermark
}

/** What models read of a stream. */
export interface ReadColumns {
  readonly names: ReadonlySet<string>
  readonly watermark?: Watermark | undefined
}

/** The shape that holds the named columns of a stream and its key, in the stream's order. */
export function foldShapeOf(stream: string, schema: Schema, { names, watermark }: ReadColumns): FoldShape {
  const kept = schema.columns.filter((column, at) => names.has(column.name) || schema.key.includes(at))
  const key = schema.key.map((index) => kept.indexOf(schema.columns[index] as Column))
  assert(!key.includes(-1), 'the key columns are kept')
  return { stream, columns: kept, key, ...(watermark === undefined ? {} : { watermark }) }
}

/** Whether a fold of one shape can serve readers of another. */
export function covers(shape: FoldShape, wanted: FoldShape): boolean {
  if (!sameWatermark(shape.watermark, wanted.watermark)) return false
  const keyNames = ({ columns, key }: FoldShape): string => JSON.stringify(key.map((index) => columns[index]?.name))
  if (keyNames(shape) !== keyNames(wanted)) return false
  // Of a keyless stream the kept columns are a row's identity only together with their multiplicity.
  return wanted.columns.every((column) => shape.columns.some((held) => held.name === column.name && sameType(held.type, column.type)))
}

/** Per column of the shape the batch's vector, or null where the batch was written before there was such a column. */
export function vectorsOf(shape: FoldShape, batch: Batch, side: readonly Vector[]): readonly (Vector | null)[] {
  return shape.columns.map((column) => {
    const at = columnIndex(batch.schema, column.name)
    if (at < 0) return null
    const found = (batch.schema.columns[at] as Column).type
    return fitted(side[at] as Vector, { shape, column, found, count: batch.count })
  })
}

interface Fit {
  readonly shape: FoldShape
  readonly column: Column
  readonly found: Type
  readonly count: number
}

/** Values of an earlier type of the column, as the type it has now; only where that is exact. */
function fitted(vector: Vector, { shape, column, found, count }: Fit): Vector {
  if (sameType(found, column.type)) return vector
  const wanted = column.type
  if (found.kind === 'decimal' && wanted.kind === 'decimal' && found.scale < wanted.scale) {
    return scaled(vector, 10n ** BigInt(wanted.scale - found.scale), count)
  }
  const sameScale =
    found.kind === 'decimal' || wanted.kind === 'decimal' ? found.kind === wanted.kind : layoutOf(found) === layoutOf(wanted)
  if (sameScale) return vector
  throw new MillraceError('LIVE_SCHEMA_CHANGED', {
    details: { stream: shape.stream, column: column.name, expected: wanted.kind, found: found.kind },
  })
}

function scaled(vector: Vector, factor: bigint, count: number): Vector {
  const builder = new VectorBuilder('integer', count)
  for (let row = 0; row < count; row += 1) {
    const cell = vector.cells === null ? 0 : (vector.cells[row] as number)
    if (cell === 0) builder.pushWhole(BigInt(vector.values[row] as number | bigint) * factor)
    else builder.pushCell(cell)
  }
  return builder.finish()
}
