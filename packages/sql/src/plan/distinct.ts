import type { ExpressionType } from '../duckdb-type.ts'
import type { Plan } from './plan.ts'

/** Each different row once. */
export interface Distinct {
  readonly kind: 'distinct'
  readonly types: readonly ExpressionType[]
  readonly input: Plan
}

export function distinct(input: Plan): Distinct {
  return { kind: 'distinct', types: input.types, input }
}
