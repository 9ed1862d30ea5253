import type { Value } from '@millrace/core'
import type { ExpressionType } from '../duckdb-type.ts'
import type { Expression } from './expression.ts'

/** What DuckDB itself computes: SQL in which a number stands for the input of that index. */
export interface Foreign {
  readonly kind: 'foreign'
  readonly type: ExpressionType
  readonly place: number | null
  readonly sql: readonly (string | number)[]
  readonly inputs: readonly Expression[]
  /** What it is, for people: `the function strftime`. */
  readonly label: string
  /** What our own code may know the result of; null where it knows none. */
  readonly shortcut: ShortcutCall | null
}

/** A strict function, or a cast of its input as `cast <kind>`, with its arguments: an input by index, or a constant. */
export interface ShortcutCall {
  readonly name: string
  readonly types: readonly ExpressionType[]
  readonly arguments: readonly (number | { readonly value: Value })[]
}

/** The SQL with its inputs as the columns `a0`, `a1`, … */
export function foreignSql(sql: Foreign['sql']): string {
  return sql.map((part) => (typeof part === 'number' ? `a${part}` : part)).join('')
}
