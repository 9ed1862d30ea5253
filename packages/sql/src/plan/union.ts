import { assert } from '@millrace/base'
import type { ExpressionType } from '../duckdb-type.ts'
import type { Plan } from './plan.ts'

/** UNION ALL: the rows of every input, with their multiplicity. */
export interface Union {
  readonly kind: 'union'
  readonly types: readonly ExpressionType[]
  readonly inputs: readonly Plan[]
}

export function union(inputs: readonly Plan[]): Union {
  const first = inputs[0]
  assert(first !== undefined, 'a union has an input')
  return { kind: 'union', types: first.types, inputs }
}
