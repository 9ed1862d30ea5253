import type { ExpressionType } from '../duckdb-type.ts'
import type { Expression } from '../expression/expression.ts'
import type { Plan } from './plan.ts'

/** The rows for which the condition is true: neither false nor NULL. */
export interface Filter {
  readonly kind: 'filter'
  readonly types: readonly ExpressionType[]
  readonly input: Plan
  readonly condition: Expression
}

export function filter(input: Plan, condition: Expression): Filter {
  return { kind: 'filter', types: input.types, input, condition }
}
