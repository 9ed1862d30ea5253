/** Types as people write them in a configuration, and as a schema's document tells them: `int64`, `decimal(12,2)`. */
import type { Type, TypeKind } from './type.ts'

export type PlainKind = Exclude<TypeKind, 'decimal'>

/** Every type that its kind alone tells. */
export const PLAIN_KINDS: readonly PlainKind[] = [
  'boolean',
  'int8',
  'int16',
  'int32',
  'int64',
  'hugeint',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float32',
  'float64',
  'text',
  'bytes',
  'uuid',
  'json',
  'date',
  'time',
  'timestamp',
  'timestamptz',
]

const DECIMAL_WIDTH_MAX = 38

export function typeNameOf(type: Type): string {
  return type.kind === 'decimal' ? `decimal(${type.width},${type.scale})` : type.kind
}

/** Null where no type has that name. */
export function typeFromName(name: string): Type | null {
  const kind = PLAIN_KINDS.find((each) => each === name)
  if (kind !== undefined) return { kind }
  const match = /^decimal\((\d{1,2}), ?(\d{1,2})\)$/.exec(name)
  if (match === null) return null
  const [width, scale] = [Number(match[1]), Number(match[2])]
  return width >= 1 && width <= DECIMAL_WIDTH_MAX && scale <= width ? { kind: 'decimal', width, scale } : null
}
