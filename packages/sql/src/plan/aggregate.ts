import type { ExpressionType } from '../duckdb-type.ts'
import type { Expression } from '../expression/expression.ts'
import type { Plan } from './plan.ts'
import type { SortKey } from './sort-key.ts'

/** What an aggregate computes; DuckDB's other names of the same are read as these. */
export const AGGREGATE_FUNCTIONS = [
  'count_star',
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'bool_and',
  'bool_or',
  'bit_and',
  'bit_or',
  'bit_xor',
  'any_value',
  'first',
  'last',
  'arg_min',
  'arg_max',
  'arg_min_null',
  'arg_max_null',
  'min_n',
  'max_n',
  'arg_min_n',
  'arg_max_n',
  'string_agg',
  'list',
  'quantile_cont',
  'quantile_disc',
  'mode',
  'histogram',
  'var_pop',
  'var_samp',
  'stddev_pop',
  'stddev_samp',
  'sem',
  'covar_pop',
  'covar_samp',
  'corr',
  'regr_count',
  'regr_avgx',
  'regr_avgy',
  'regr_slope',
  'regr_intercept',
  'regr_r2',
  'regr_sxx',
  'regr_syy',
  'regr_sxy',
] as const
export type AggregateFunction = (typeof AGGREGATE_FUNCTIONS)[number]

/** The arguments that are the same for all rows. */
export interface AggregateSettings {
  /** Of `string_agg`. */
  readonly separator?: string
  /** Of `min_n` and its like: so many values at most. */
  readonly count?: number
  /** Of a quantile; several where a list of them is asked for. */
  readonly fractions?: readonly QuantileFraction[]
  /** Of a quantile and of `mode`: the values are ordered from the greatest. */
  readonly descending?: boolean
}

/** From 0 to 1. DuckDB reckons with the digits of a fraction that was written as a decimal. */
export interface QuantileFraction {
  readonly value: number
  /** `digits / 10^scale`. */
  readonly decimal: { readonly digits: number | bigint; readonly scale: number } | null
}

export interface AggregateCall {
  readonly function: AggregateFunction
  readonly type: ExpressionType
  readonly place: number | null
  /** The arguments that differ by row; none for `count_star`. */
  readonly inputs: readonly Expression[]
  readonly distinct: boolean
  /** FILTER (WHERE ...). */
  readonly condition: Expression | null
  /** The ORDER BY within the call; empty where the result does not depend on it. */
  readonly order: readonly SortKey[]
  readonly settings: AggregateSettings
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

/** All that a call reads of a row: its arguments, then its ORDER BY, then its FILTER. */
export function expressionsOfCall(call: AggregateCall): readonly Expression[] {
  const order = call.order.map((key) => key.expression)
  return [...call.inputs, ...order, ...(call.condition === null ? [] : [call.condition])]
}

/** The same call over other expressions, given in the order of `expressionsOfCall`. */
export function callWith(call: AggregateCall, expressions: readonly Expression[]): AggregateCall {
  const at = (index: number): Expression => expressions[index] as Expression
  const inputs = call.inputs.map((_, index) => at(index))
  const order = call.order.map((key, index) => ({ ...key, expression: at(inputs.length + index) }))
  return { ...call, inputs, order, condition: call.condition === null ? null : at(inputs.length + order.length) }
}
