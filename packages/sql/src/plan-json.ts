/**
 * The serialised plan as DuckDB 1.5 writes it, as far as it is read here. Whole numbers beyond 2^53 are
 * kept exact: they come as `bigint`.
 */
import type { PlanType } from './duckdb-type.ts'
import type { PlanFailure } from './planner.ts'

export interface PlanJson {
  readonly type: string
  readonly children: readonly PlanJson[]
  readonly [field: string]: unknown
}

export interface ExpressionJson {
  readonly expression_class: string
  readonly type: string
  readonly alias: string
  readonly query_location: number | bigint
  readonly return_type?: PlanType
  readonly children?: readonly ExpressionJson[]
  readonly [field: string]: unknown
}

export type PlanAnswer = { readonly plans: readonly PlanJson[] } | PlanFailure

export function parsePlan(text: string): PlanAnswer {
  return JSON.parse(text, exactWhole as (key: string, value: unknown) => unknown) as PlanAnswer
}

function exactWhole(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  return context.source !== undefined && /^-?\d+$/.test(context.source) ? BigInt(context.source) : value
}

/** DuckDB's "none" is the largest 64-bit number. */
export function byteOf(location: number | bigint | undefined): number | null {
  return typeof location === 'number' ? location : null
}
