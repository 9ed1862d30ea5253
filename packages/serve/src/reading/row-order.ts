/** The order of an endpoint's rows: `revenue desc, country`. NULLs come last, and ties as the key orders them. */
import { columnIndex, type Schema, type Value } from '@millrace/core'
import { compareText } from '@millrace/sql'
import type { HeldRow } from './model-rows.ts'

export interface RowOrder {
  compare(left: HeldRow, right: HeldRow): number
}

/** Null where the text is no order over these columns. */
export function rowOrder(schema: Schema, text: string): RowOrder | null {
  const parts = text.split(',').map((part) => /^\s*([a-z_][a-z0-9_]*)(?:\s+(asc|desc))?\s*$/i.exec(part))
  const columns = parts.map((part) => (part === null ? -1 : columnIndex(schema, part[1] ?? '')))
  if (columns.includes(-1)) return null
  const signs = parts.map((part) => (part?.[2]?.toLowerCase() === 'desc' ? -1 : 1))
  const all = [...columns, ...schema.key.filter((column) => !columns.includes(column))]
  return {
    compare: (left, right) => {
      for (const [at, column] of all.entries()) {
        const order = compareValues(left.values[column] as Value, right.values[column] as Value, signs[at] ?? 1)
        if (order !== 0) return order
      }
      return 0
    },
  }
}

/** As DuckDB orders them; NaN is greater than every number. */
function compareValues(left: Value, right: Value, sign: number): number {
  if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1
  if (typeof left === 'string') return sign * compareText(left, right as string)
  if (left instanceof Uint8Array) return sign * Buffer.compare(left, right as Uint8Array)
  if (Number.isNaN(left) || Number.isNaN(right)) return sign * (Number(Number.isNaN(left)) - Number(Number.isNaN(right)))
  return left < (right as typeof left) ? -sign : left > (right as typeof left) ? sign : 0
}
