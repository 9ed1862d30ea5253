import { type Type, type Value, valueToText } from '@millrace/core'

/** A timestamp as DuckDB writes and reads it: the era behind the date, where Postgres has it behind the clock. */
export function instantText(type: Type, value: Exclude<Value, null>): string {
  return valueToText(type, value).replace(/^(\S+) (\S+) \(BC\)$/, '$1 (BC) $2')
}
