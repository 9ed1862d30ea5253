/** DuckDB's types and values as ours. The way back of `carrier.ts`, and as exact. */
import type { DuckDBType, DuckDBValue } from '@duckdb/node-api'
import type { Type, Value } from '@millrace/core'
import { readDuckdbValue, typeOfDuckdb } from '@millrace/sql'

/** Null where we have no such type: unions, bits. */
export function typeOfDuckDB(type: DuckDBType): Type | null {
  return typeOfDuckdb(type)
}

/** As SQL writes it. DuckDB's JSON is text with another name. */
export function typeNameOf(type: DuckDBType): string {
  return type.alias ?? type.toString()
}

/** A value of one of our types. Anything else becomes the text that DuckDB shows for it. */
export function valueOfDuckDB(value: DuckDBValue): Value {
  const read = readDuckdbValue(value)
  return read === undefined ? String(value) : read
}
