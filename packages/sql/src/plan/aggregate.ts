import type { ExpressionType } from '../duckdb-type.ts'
import type { Expression } from '../expression/expression.ts'
import type { Plan } from './plan.ts'

export const AGGREGATE_FUNCTIONS = ['count_star', 'count', 'sum', 'avg', 'min', 'max'] as const
export type AggregateFunction = (typeof AGGREGATE_FUNCTIONS)[number]

export interface AggregateCall {
  readonly function: AggregateFunction
  readonly type: ExpressionType
  readonly place: number | null
  /** Null only for `count_star`. */
  readonly input: Expression | null
  readonly distinct: boolean
  /** FILTER (WHERE ...). */
  readonly condition: Expression | null
}

/** One row per group, its columns the group's and then the aggregates'; without groups one row always. */
export interface Aggregate {
  readonly kind: 'aggregate'
  readonly types: readonly ExpressionType[]
  readonly input: Plan
  readonly groups: readonly Expression[]
  readonly calls: readonly AggregateCall[]
}

export function aggregate(input: Plan, groups: readonly Expression[], calls: readonly AggregateCall[]): Aggregate {
  return {
    kind: 'aggregate',
    types: [...groups, ...calls].map((part) => part.type),
    input,
    groups,
    calls,
  }
}
