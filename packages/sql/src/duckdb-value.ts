/** Values of the DuckDB client as ours, and back. */
import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  DuckDBUUIDValue,
  type DuckDBValue,
  listValue,
  mapValue,
  structValue,
  uuidValueFromString,
} from '@duckdb/node-api'
import {
  innerText,
  innerValues,
  type Interval,
  intervalFromText,
  intervalToText,
  type JsonValue,
  listText,
  type MapType,
  type NestedType,
  structText,
  type Type,
  type Value,
  valueFromJson,
  wholeNumber,
} from '@millrace/core'
import { assert } from '@millrace/base'

/** A value of the DuckDB client as ours; undefined for a type that has no counterpart. */
export function readDuckdbValue(value: unknown): Value | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value
  if (typeof value === 'bigint') return wholeNumber(value)
  if (value instanceof DuckDBDecimalValue) return wholeNumber(value.value)
  if (value instanceof DuckDBDateValue) return value.days
  if (value instanceof DuckDBTimeValue || value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) {
    return wholeNumber(value.micros)
  }
  if (value instanceof DuckDBIntervalValue) return intervalToText(value)
  if (value instanceof DuckDBUUIDValue) return value.toString()
  if (value instanceof DuckDBBlobValue) return Uint8Array.from(value.bytes)
  return isNestedValue(value) ? readInner(value) : undefined
}

function isNestedValue(value: unknown): boolean {
  return value instanceof DuckDBListValue || value instanceof DuckDBStructValue || value instanceof DuckDBMapValue
}

/** The text of an inner value, or of a list, struct or map; undefined where some inner value has no counterpart. */
function readInner(value: unknown): string | undefined {
  if (value instanceof DuckDBListValue) {
    const items = value.items.map(readInner)
    return items.includes(undefined) ? undefined : listText(items as string[])
  }
  if (value instanceof DuckDBStructValue) {
    const items = Object.values(value.entries).map(readInner)
    return items.includes(undefined) ? undefined : structText(Object.keys(value.entries), items as string[])
  }
  if (value instanceof DuckDBMapValue) return readInner(listValue(value.entries.map((entry) => structValue({ ...entry }))))
  const read = readDuckdbValue(value)
  return read === undefined ? undefined : innerText(innerTypeOf(value), read)
}

/** As much of a type as says how its values stand in JSON. */
function innerTypeOf(value: unknown): Type {
  if (value instanceof DuckDBDecimalValue) return { kind: 'decimal', width: value.width, scale: value.scale }
  if (value instanceof DuckDBDateValue) return { kind: 'date' }
  if (value instanceof DuckDBTimeValue) return { kind: 'time' }
  if (value instanceof DuckDBTimestampValue) return { kind: 'timestamp' }
  if (value instanceof DuckDBTimestampTZValue) return { kind: 'timestamptz' }
  if (value instanceof DuckDBBlobValue) return { kind: 'bytes' }
  if (typeof value === 'bigint') return { kind: 'hugeint' }
  return typeof value === 'number' ? { kind: 'float64' } : { kind: 'text' }
}

/** Our value as the client takes it for a column of the type. */
export function toDuckdbValue(type: Type, value: Value): DuckDBValue {
  if (value === null) return null
  switch (type.kind) {
    case 'int64':
    case 'uint64':
    case 'hugeint':
      return BigInt(value as number)
    case 'decimal':
      return new DuckDBDecimalValue(BigInt(value as number), type.width, type.scale)
    case 'date':
      return new DuckDBDateValue(value as number)
    case 'time':
      return new DuckDBTimeValue(BigInt(value as number))
    case 'timestamp':
      return new DuckDBTimestampValue(BigInt(value as number))
    case 'timestamptz':
      return new DuckDBTimestampTZValue(BigInt(value as number))
    case 'bytes':
      return new DuckDBBlobValue(value as Uint8Array)
    case 'uuid':
      return uuidValueFromString(value as string)
    case 'interval':
      return toDuckdbInterval(value)
    case 'list':
    case 'struct':
    case 'map':
      return toDuckdbNested(type, value as string)
    default:
      assert(!(value instanceof Uint8Array), 'only a BLOB is of bytes')
      return value
  }
}

function toDuckdbInterval(value: Value): DuckDBIntervalValue {
  const interval: Interval | null = intervalFromText(value)
  assert(interval !== null, 'an interval is written as DuckDB writes it')
  return new DuckDBIntervalValue(interval.months, interval.days, BigInt(interval.micros))
}

function toDuckdbNested(type: NestedType, text: string): DuckDBValue {
  if (type.kind === 'map') return toDuckdbMap(type, text)
  const items = innerValues(type, text).map(([inner, json]) => toDuckdbValue(inner, valueFromJson(inner, json)))
  if (type.kind === 'list') return listValue(items)
  return structValue(Object.fromEntries(type.fields.map(({ name }, at) => [name, items[at] as DuckDBValue])))
}

function toDuckdbMap(type: MapType, text: string): DuckDBValue {
  const part = (inner: Type, json: JsonValue): DuckDBValue => toDuckdbValue(inner, valueFromJson(inner, json))
  const entries = JSON.parse(text) as readonly { readonly key: JsonValue; readonly value: JsonValue }[]
  return mapValue(entries.map(({ key, value }) => ({ key: part(type.key, key), value: part(type.value, value) })))
}
