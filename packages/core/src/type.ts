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
  /** As the text that DuckDB writes: months, days and microseconds stay apart in it. */
  | { readonly kind: 'interval' }
  | EnumType
  | NestedType

/** Its values are texts, in the order of its members. */
export interface EnumType {
  readonly kind: 'enum'
  readonly members: readonly string[]
}

export interface Field {
  readonly name: string
  readonly type: Type
}

/** Values made of values. One is a text of JSON in one fixed form, so that equal values are equal texts. */
export type NestedType = ListType | { readonly kind: 'struct'; readonly fields: readonly Field[] } | MapType

export interface ListType {
  readonly kind: 'list'
  readonly element: Type
}

/** Its entries stand in an order, which is part of the value, as in DuckDB: it is the list of them in all but its functions. */
export interface MapType {
  readonly kind: 'map'
  readonly key: Type
  readonly value: Type
}

/** A map as the list of its entries, which has the same values. */
export function entriesOf({ key, value }: MapType): ListType {
  const fields = [
    { name: 'key', type: key },
    { name: 'value', type: value },
  ]
  return { kind: 'list', element: { kind: 'struct', fields } }
}

export type WholeType =
  | { readonly kind: 'int8' | 'int16' | 'int32' | 'int64' | 'hugeint' }
  | { readonly kind: 'uint8' | 'uint16' | 'uint32' | 'uint64' }

export type TypeKind = Type['kind']

/** Kinds that take no parameter: the kind is the type. */
export type PlainKind = Exclude<TypeKind, 'decimal' | 'enum' | NestedType['kind']>

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
  interval: 'text',
  enum: 'text',
  list: 'text',
  struct: 'text',
  map: 'text',
}

export function layoutOf(type: Type): Layout {
  return LAYOUT[type.kind]
}

export function isNested(type: Type): type is NestedType {
  return type.kind === 'list' || type.kind === 'struct' || type.kind === 'map'
}

export function sameType(left: Type, right: Type): boolean {
  if (left.kind === 'decimal') return right.kind === 'decimal' && left.width === right.width && left.scale === right.scale
  if (left.kind === 'enum') return right.kind === 'enum' && sameList(left.members, right.members, (one, other) => one === other)
  if (left.kind === 'list') return right.kind === 'list' && sameType(left.element, right.element)
  if (left.kind === 'map') return right.kind === 'map' && sameType(left.key, right.key) && sameType(left.value, right.value)
  if (left.kind === 'struct') return right.kind === 'struct' && sameList(left.fields, right.fields, sameField)
  return left.kind === right.kind
}

function sameField(left: Field, right: Field): boolean {
  return left.name === right.name && sameType(left.type, right.type)
}

function sameList<T>(left: readonly T[], right: readonly T[], same: (left: T, right: T) => boolean): boolean {
  return left.length === right.length && left.every((item, at) => same(item, right[at] as T))
}

const SQL_NAME: Readonly<Record<PlainKind, string>> = {
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
  interval: 'INTERVAL',
}

/** The type as DuckDB writes it. */
export function sqlNameOf(type: Type): string {
  switch (type.kind) {
    case 'decimal':
      return `DECIMAL(${type.width},${type.scale})`
    case 'enum':
      return `ENUM(${type.members.map((member) => quoted(member, "'")).join(', ')})`
    case 'list':
      return `${sqlNameOf(type.element)}[]`
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${quoted(field.name, '"')} ${sqlNameOf(field.type)}`).join(', ')})`
    case 'map':
      return `MAP(${sqlNameOf(type.key)}, ${sqlNameOf(type.value)})`
    default:
      return SQL_NAME[type.kind]
  }
}

function quoted(text: string, quote: string): string {
  return `${quote}${text.replaceAll(quote, quote + quote)}${quote}`
}
