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
}

/** The SQL with its inputs as the columns `a0`, `a1`, … */
export function foreignSql(sql: Foreign['sql']): string {
  return sql.map((part) => (typeof part === 'number' ? `a${part}` : part)).join('')
}
