import type { Expression } from '../expression/expression.ts'
import type { ExpressionType } from '../duckdb-type.ts'
import type { JoinKey, JoinSides } from './join.ts'
import type { Plan } from './plan.ts'

/** How the left value stands to that of the right row which is looked for. */
export type AsofOperator = 'greaterOrEqual' | 'greater' | 'lessOrEqual' | 'less'

export interface AsofMatch {
  readonly keys: readonly JoinKey[]
  readonly operator: AsofOperator
  /** Over the left input's columns, and over the right input's. */
  readonly leftValue: Expression
  readonly rightValue: Expression
  /** Whether left rows without a match are there too, with NULLs on the right. */
  readonly outer: boolean
}

/**
 * ASOF JOIN: each left row with the one right row of equal keys whose value is the nearest on the side that
 * the operator says. Of right rows with that value the one that stands nearest in the order of their columns.
 */
export interface Asof extends AsofMatch {
  readonly kind: 'asof'
  readonly types: readonly ExpressionType[]
  readonly left: Plan
  readonly right: Plan
}

export function asof({ left, right }: JoinSides, match: AsofMatch): Asof {
  return { ...match, kind: 'asof', types: [...left.types, ...right.types], left, right }
}

export function expressionsOfAsof({ keys, leftValue, rightValue }: AsofMatch): readonly Expression[] {
  return [...keys.flatMap((key) => [key.left, key.right]), leftValue, rightValue]
}

/** The same over other inputs and other expressions, given in the order of `expressionsOfAsof`. */
export function asofWith(plan: Asof, sides: JoinSides, expressions: readonly Expression[]): Asof {
  const at = (index: number): Expression => expressions[index] as Expression
  const keys = plan.keys.map((key, index) => ({ ...key, left: at(index * 2), right: at(index * 2 + 1) }))
  return asof(sides, { ...plan, keys, leftValue: at(keys.length * 2), rightValue: at(keys.length * 2 + 1) })
}
