/** DuckDB's types and values as ours. The way back of `carrier.ts`, and as exact. */
import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBType,
  DuckDBUUIDValue,
  type DuckDBValue,
} from '@duckdb/node-api'
import { PLAIN_KINDS, sqlNameOf, type Type, type Value, wholeNumber } from '@millrace/core'

const BY_NAME = new Map<string, Type>(PLAIN_KINDS.map((kind) => [sqlNameOf({ kind }), { kind }]))

/** Null where we have no such type: lists, structs, intervals, enums. */
export function typeOfDuckDB(type: DuckDBType): Type | null {
  const name = typeNameOf(type)
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(name)
  if (decimal !== null) return { kind: 'decimal', width: Number(decimal[1]), scale: Number(decimal[2]) }
  return BY_NAME.get(name) ?? null
}

/** As SQL writes it. DuckDB's JSON is text with another name. */
export function typeNameOf(type: DuckDBType): string {
  return type.alias ?? type.toString()
}

/** A value of one of our types. Anything else becomes the text that DuckDB shows for it. */
export function valueOfDuckDB(value: DuckDBValue): Value {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value
  if (typeof value === 'bigint') return wholeNumber(value)
  if (value instanceof DuckDBDecimalValue) return wholeNumber(value.value)
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue || value instanceof DuckDBTimeValue)
    return wholeNumber(value.micros)
  if (value instanceof DuckDBDateValue) return value.days
  if (value instanceof DuckDBBlobValue) return Uint8Array.from(value.bytes)
  if (value instanceof DuckDBUUIDValue) return value.toString()
  return String(value)
}
