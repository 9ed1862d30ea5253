import type { ExpressionType } from '../duckdb-type.ts'
import type { Expression } from './expression.ts'

export interface ChoiceArm {
  readonly when: Expression
  readonly then: Expression
}

/** CASE: the first arm whose condition is true, else `otherwise`. */
export interface Choice {
  readonly kind: 'choice'
  readonly type: ExpressionType
  readonly place: number | null
  readonly arms: readonly ChoiceArm[]
  readonly otherwise: Expression
}

export function choice(arms: readonly ChoiceArm[], otherwise: Expression, place: number | null): Choice {
  return { kind: 'choice', type: otherwise.type, place, arms, otherwise }
}
