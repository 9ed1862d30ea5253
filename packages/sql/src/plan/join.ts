import type { ExpressionType } from '../duckdb-type.ts'
import type { Expression } from '../expression/expression.ts'
import type { Plan } from './plan.ts'

export type JoinKind = 'inner' | 'left' | 'semi' | 'anti'

/** One pair of a join's equal keys. */
export interface JoinKey {
  /** Over the left input's columns. */
  readonly left: Expression
  /** Over the right input's columns. */
  readonly right: Expression
  /** IS NOT DISTINCT FROM: two NULLs match. */
  readonly nullsMatch: boolean
}

/**
 * `inner`: pairs of rows with equal keys for which the residual condition (over the left columns, then
 * the right ones) is true; without keys the cross product. `left`: also the left rows without a pair,
 * with NULLs on the right. `semi` and `anti`: the left rows with, and without, a pair; left columns only.
 */
export interface Join {
  readonly kind: 'join'
  readonly types: readonly ExpressionType[]
  readonly join: JoinKind
  readonly left: Plan
  readonly right: Plan
  readonly keys: readonly JoinKey[]
  /** Only of an inner join. */
  readonly residual: Expression | null
}

export interface JoinSides {
  readonly left: Plan
  readonly right: Plan
}

export interface JoinConditions {
  readonly keys: readonly JoinKey[]
  readonly residual: Expression | null
}

export function join(kind: JoinKind, { left, right }: JoinSides, { keys, residual }: JoinConditions): Join {
  const types = kind === 'inner' || kind === 'left' ? [...left.types, ...right.types] : left.types
  return { kind: 'join', types, join: kind, left, right, keys, residual }
}
