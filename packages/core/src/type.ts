/**
 * The types of values, everywhere in Millrace. They are DuckDB's, because its binder decides what a
 * model's columns are (law 3); a source's types are mapped to them where they enter.
 */
export type Type =
  | { readonly kind: 'boolean' }
  | WholeType
  | { readonly kind: 'decimal'; readonly width: number; readonly scale: number }
  | { readonly kind: 'float32' | 'float64' }
  | { readonly kind: 'text' | 'bytes' | 'uuid' | 'json' }
  /** Days since 1970-01-01. */
  | { readonly kind: 'date' }
  /** Microseconds: since midnight, or since 1970-01-01 00:00 (UTC where there is a zone). */
  | { readonly kind: 'time' | 'timestamp' | 'timestamptz' }

export type WholeType =
  | { readonly kind: 'int8' | 'int16' | 'int32' | 'int64' | 'hugeint' }
  | { readonly kind: 'uint8' | 'uint16' | 'uint32' | 'uint64' }

export type TypeKind = Type['kind']

const WHOLE_KINDS: ReadonlySet<string> = new Set<WholeType['kind']>([
  'int8',
  'int16',
  'int32',
  'int64',
  'hugeint',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
])

/** Whole numbers, signed or not. */
export function isWhole(type: Type): type is WholeType {
  return WHOLE_KINDS.has(type.kind)
}

/** How a column's values lie in memory. Several types share one layout. */
export type Layout = 'integer' | 'float' | 'boolean' | 'text' | 'bytes'

const LAYOUT: Readonly<Record<TypeKind, Layout>> = {
  boolean: 'boolean',
  int8: 'integer',
  int16: 'integer',
  int32: 'integer',
  int64: 'integer',
  hugeint: 'integer',
  uint8: 'integer',
  uint16: 'integer',
  uint32: 'integer',
  uint64: 'integer',
  decimal: 'integer',
  float32: 'float',
  float64: 'float',
  text: 'text',
  bytes: 'bytes',
  uuid: 'text',
  json: 'text',
  date: 'integer',
  time: 'integer',
  timestamp: 'integer',
  timestamptz: 'integer',
}

export function layoutOf(type: Type): Layout {
  return LAYOUT[type.kind]
}

export function sameType(left: Type, right: Type): boolean {
  if (left.kind !== right.kind) return false
  if (left.kind !== 'decimal' || right.kind !== 'decimal') return true
  return left.width === right.width && left.scale === right.scale
}

const SQL_NAME: Readonly<Record<Exclude<TypeKind, 'decimal'>, string>> = {
  boolean: 'BOOLEAN',
  int8: 'TINYINT',
  int16: 'SMALLINT',
  int32: 'INTEGER',
  int64: 'BIGINT',
  hugeint: 'HUGEINT',
  uint8: 'UTINYINT',
  uint16: 'USMALLINT',
  uint32: 'UINTEGER',
  uint64: 'UBIGINT',
  float32: 'FLOAT',
  float64: 'DOUBLE',
  text: 'VARCHAR',
  bytes: 'BLOB',
  uuid: 'UUID',
  json: 'JSON',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMP WITH TIME ZONE',
}

/** The type as DuckDB writes it. */
export function sqlNameOf(type: Type): string {
  return type.kind === 'decimal' ? `DECIMAL(${type.width},${type.scale})` : SQL_NAME[type.kind]
}
