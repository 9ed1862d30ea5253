/** Which type of Millrace a type of Postgres becomes. What has no exact counterpart arrives as text. */
import type { Type } from '@millrace/core'

const NUMERIC = 1700
const DECIMAL_WIDTH_MAX = 38

/** By the type's number in `pg_type`, which is fixed for built-in types. */
const TYPES: ReadonlyMap<number, Type> = new Map<number, Type>([
  [16, { kind: 'boolean' }],
  [17, { kind: 'bytes' }],
  [20, { kind: 'int64' }],
  [21, { kind: 'int16' }],
  [23, { kind: 'int32' }],
  [114, { kind: 'json' }],
  [700, { kind: 'float32' }],
  [701, { kind: 'float64' }],
  [1082, { kind: 'date' }],
  [1083, { kind: 'time' }],
  [1114, { kind: 'timestamp' }],
  [1184, { kind: 'timestamptz' }],
  [2950, { kind: 'uuid' }],
  [3802, { kind: 'json' }],
])

/** `modifier` is the column's `atttypmod`: for numeric it holds width and scale, -1 if there are none. */
export function typeOf(oid: number, modifier: number): Type {
  if (oid === NUMERIC) return decimalOf(modifier)
  return TYPES.get(oid) ?? { kind: 'text' }
}

/** numeric without a width, or with one beyond 38, or with an odd scale, holds what no decimal can. */
function decimalOf(modifier: number): Type {
  if (modifier < 4) return { kind: 'text' }
  const width = ((modifier - 4) >> 16) & 0xffff
  const scale = (((modifier - 4) & 0x7ff) ^ 0x400) - 0x400
  return width <= DECIMAL_WIDTH_MAX && scale >= 0 && scale <= width ? { kind: 'decimal', width, scale } : { kind: 'text' }
}
