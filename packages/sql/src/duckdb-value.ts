import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  DuckDBUUIDValue,
} from '@duckdb/node-api'
import { type Value, wholeNumber } from '@millrace/core'
import type { Interval } from './expression/constant.ts'

/** A value of the DuckDB client as ours; undefined for a type that has no counterpart. */
export function readDuckdbValue(value: unknown): Value | Interval | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value
  if (typeof value === 'bigint') return wholeNumber(value)
  if (value instanceof DuckDBDecimalValue) return wholeNumber(value.value)
  if (value instanceof DuckDBDateValue) return value.days
  if (value instanceof DuckDBTimeValue || value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) {
    return wholeNumber(value.micros)
  }
  if (value instanceof DuckDBIntervalValue) return { months: value.months, days: value.days, micros: Number(value.micros) }
  if (value instanceof DuckDBUUIDValue) return value.toString()
  return value instanceof DuckDBBlobValue ? value.bytes : undefined
}
