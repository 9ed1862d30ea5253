import type { ExpressionType } from '../duckdb-type.ts'
import type { JoinSides } from './join.ts'
import type { Plan } from './plan.ts'

export type BagOperation = 'except' | 'intersect'

/** EXCEPT ALL and INTERSECT ALL: how often a row is there follows from how often each side has it. */
export interface Bag {
  readonly kind: 'bag'
  readonly types: readonly ExpressionType[]
  readonly operation: BagOperation
  readonly left: Plan
  readonly right: Plan
}

export function bag(operation: BagOperation, { left, right }: JoinSides): Bag {
  return { kind: 'bag', types: left.types, operation, left, right }
}
