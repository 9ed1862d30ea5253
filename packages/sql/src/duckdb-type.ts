/** DuckDB's types as ours, and ours as DuckDB's: as the serialised plan writes them, and as the client has them. */
import * as duckdb from '@duckdb/node-api'
import { entriesOf, type Field, type PlainKind, PLAIN_KINDS, sqlNameOf, type Type } from '@millrace/core'

/** A type as the serialised plan writes it. */
export interface PlanType {
  readonly id: string
  readonly type_info: PlanTypeInfo | null
}

interface PlanTypeInfo {
  readonly alias?: string
  readonly width?: number
  readonly scale?: number
  readonly values?: readonly string[]
  readonly child_type?: PlanType
  readonly child_types?: readonly { readonly first: string; readonly second: PlanType }[]
  readonly size?: number
}

/**
 * Within an expression there are two more types than a column can have: that of an untyped NULL, and
 * those that only DuckDB knows, by their name in SQL. Values of the latter never leave DuckDB.
 */
export type ExpressionType = Type | { readonly kind: 'null' } | ForeignType

export interface ForeignType {
  readonly kind: 'foreign'
  readonly name: string
}

const PLAIN = new Map<string, PlainKind>(PLAIN_KINDS.map((kind) => [sqlNameOf({ kind }), kind]))

/** Our type for DuckDB's; one that only DuckDB knows by its name. */
export function typeOfPlan(type: PlanType): ExpressionType {
  const plain = PLAIN.get(type.id)
  const info = type.type_info
  if (plain === 'text' && info?.alias === 'JSON') return { kind: 'json' }
  if (plain !== undefined) return { kind: plain }
  switch (type.id) {
    case 'NULL':
    case 'SQLNULL':
      return { kind: 'null' }
    case 'DECIMAL':
      return { kind: 'decimal', width: info?.width ?? 18, scale: info?.scale ?? 3 }
    case 'ENUM':
      return { kind: 'enum', members: info?.values ?? [] }
    case 'LIST':
      return listOf(info?.child_type === undefined ? { kind: 'null' } : typeOfPlan(info.child_type))
    case 'STRUCT':
      return structOf((info?.child_types ?? []).map(({ first, second }) => [first, typeOfPlan(second)]))
    case 'ARRAY':
      return foreign(`${nameOf(info?.child_type === undefined ? { kind: 'null' } : typeOfPlan(info.child_type))}[${info?.size ?? ''}]`)
    case 'MAP':
      return mapOfPlan(info?.child_type)
    default:
      return foreign(type.id)
  }
}

function foreign(name: string): ForeignType {
  return { kind: 'foreign', name }
}

function listOf(element: ExpressionType): ExpressionType {
  return isForeign(element) ? foreign(`${nameOf(element)}[]`) : { kind: 'list', element }
}

/** Without names, or with two of one name, the fields cannot be told apart in a value. */
function structOf(fields: readonly (readonly [string, ExpressionType])[]): ExpressionType {
  const known = fields.flatMap(([name, type]): Field[] => (isForeign(type) || name === '' ? [] : [{ name, type }]))
  const distinct = new Set(known.map(({ name }) => name.toLowerCase())).size
  if (distinct === fields.length) return { kind: 'struct', fields: known }
  return foreign(`STRUCT(${fields.map(([name, type]) => `"${name.replaceAll('"', '""')}" ${nameOf(type)}`).join(', ')})`)
}

function mapOfPlan(entries: PlanType | undefined): ExpressionType {
  const [key, value] = (entries?.type_info?.child_types ?? []).map(({ second }) => typeOfPlan(second))
  return mapOf(key ?? { kind: 'null' }, value ?? { kind: 'null' })
}

function mapOf(key: ExpressionType, value: ExpressionType): ExpressionType {
  return isForeign(key) || isForeign(value) ? foreign(`MAP(${nameOf(key)}, ${nameOf(value)})`) : { kind: 'map', key, value }
}

/** That of an untyped NULL has no values to carry, so that what is made of it stays with DuckDB too. */
function isForeign(type: ExpressionType): type is ForeignType | { readonly kind: 'null' } {
  return type.kind === 'foreign' || type.kind === 'null'
}

/** A type as SQL writes it. */
export function nameOf(type: ExpressionType): string {
  if (type.kind === 'foreign') return type.name
  return type.kind === 'null' ? '"NULL"' : sqlNameOf(type)
}

/** The client's type as ours; null where no column can have it. */
export function typeOfDuckdb(type: duckdb.DuckDBType): Type | null {
  if (type.alias === 'JSON') return { kind: 'json' }
  const plain = PLAIN.get(String(type))
  if (plain !== undefined) return { kind: plain }
  if (type instanceof duckdb.DuckDBDecimalType) return { kind: 'decimal', width: type.width, scale: type.scale }
  if (type instanceof duckdb.DuckDBEnumType) return { kind: 'enum', members: type.values }
  const found = nestedOfDuckdb(type)
  return found === null || isForeign(found) ? null : found
}

function nestedOfDuckdb(type: duckdb.DuckDBType): ExpressionType | null {
  const inner = (child: duckdb.DuckDBType): ExpressionType => typeOfDuckdb(child) ?? foreign(String(child))
  if (type instanceof duckdb.DuckDBListType) return listOf(inner(type.valueType))
  if (type instanceof duckdb.DuckDBMapType) return mapOf(inner(type.keyType), inner(type.valueType))
  if (!(type instanceof duckdb.DuckDBStructType)) return null
  return structOf(type.entryNames.map((name, at) => [name, inner(type.entryTypes[at] as duckdb.DuckDBType)]))
}

const CLIENT_TYPE: Readonly<Record<PlainKind, duckdb.DuckDBType>> = {
  boolean: duckdb.BOOLEAN,
  int8: duckdb.TINYINT,
  int16: duckdb.SMALLINT,
  int32: duckdb.INTEGER,
  int64: duckdb.BIGINT,
  hugeint: duckdb.HUGEINT,
  uint8: duckdb.UTINYINT,
  uint16: duckdb.USMALLINT,
  uint32: duckdb.UINTEGER,
  uint64: duckdb.UBIGINT,
  float32: duckdb.FLOAT,
  float64: duckdb.DOUBLE,
  text: duckdb.VARCHAR,
  bytes: duckdb.BLOB,
  uuid: duckdb.UUID,
  json: duckdb.VARCHAR,
  date: duckdb.DATE,
  time: duckdb.TIME,
  timestamp: duckdb.TIMESTAMP,
  timestamptz: duckdb.TIMESTAMPTZ,
  interval: duckdb.INTERVAL,
}

/** Our type as the client has it. */
export function toDuckdbType(type: Type): duckdb.DuckDBType {
  switch (type.kind) {
    case 'decimal':
      return duckdb.DECIMAL(type.width, type.scale)
    case 'enum':
      return duckdb.ENUM(type.members)
    case 'list':
      return duckdb.LIST(toDuckdbType(type.element))
    case 'struct':
      return duckdb.STRUCT(Object.fromEntries(type.fields.map((field) => [field.name, toDuckdbType(field.type)])))
    case 'map':
      return duckdb.MAP(toDuckdbType(type.key), toDuckdbType(type.value))
    default:
      return CLIENT_TYPE[type.kind]
  }
}

export function describePlanType(type: PlanType): string {
  return nameOf(typeOfPlan(type)).toLowerCase()
}

/** Whether values that are equal in SQL may be written differently: 24 hours and a day, or 0 and -0 in a list. */
export function isLoose(type: ExpressionType): boolean {
  switch (type.kind) {
    case 'interval':
      return true
    case 'list':
      return isLoose(type.element) || isFloating(type.element)
    case 'struct':
      return type.fields.some((field) => isLoose(field.type) || isFloating(field.type))
    case 'map':
      return isLoose(entriesOf(type))
    default:
      return false
  }
}

function isFloating(type: Type): boolean {
  return type.kind === 'float32' || type.kind === 'float64'
}
