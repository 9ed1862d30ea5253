import type { ExpressionType } from '../duckdb-type.ts'
import type { Expression } from './expression.ts'

/** A scalar function or operator by DuckDB's name for it. */
export interface Call {
  readonly kind: 'call'
  readonly type: ExpressionType
  readonly place: number | null
  readonly name: string
  readonly inputs: readonly Expression[]
}

export function call(name: string, inputs: readonly Expression[], options: { type: ExpressionType; place: number | null }): Call {
  return { kind: 'call', type: options.type, place: options.place, name, inputs }
}
