import type { ExpressionType } from '../duckdb-type.ts'
import type { Expression } from './expression.ts'

/** A function of its own, over the items of a list. */
export interface Lambda {
  /** Its columns are the parameters, last first, and then the call's further inputs. */
  readonly body: Expression
  readonly parameterCount: number
  /** Whether the call's second input is what a reduction begins with. */
  readonly hasInitial: boolean
}

/** A scalar function or operator by DuckDB's name for it. */
export interface Call {
  readonly kind: 'call'
  readonly type: ExpressionType
  readonly place: number | null
  readonly name: string
  readonly inputs: readonly Expression[]
  readonly lambda: Lambda | null
}

export interface CallOptions {
  readonly type: ExpressionType
  readonly place: number | null
  readonly lambda?: Lambda
}

export function call(name: string, inputs: readonly Expression[], { type, place, lambda }: CallOptions): Call {
  return { kind: 'call', type, place, name, inputs, lambda: lambda ?? null }
}
