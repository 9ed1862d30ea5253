import type { Expression } from './expression.ts'

/** AND or OR of any number of conditions, in three-valued logic. */
export interface Conjunction {
  readonly kind: 'conjunction'
  readonly type: { readonly kind: 'boolean' }
  readonly place: number | null
  readonly operator: 'and' | 'or'
  readonly inputs: readonly Expression[]
}

export function conjunction(operator: 'and' | 'or', inputs: readonly Expression[], place: number | null = null): Conjunction {
  return { kind: 'conjunction', type: { kind: 'boolean' }, place, operator, inputs }
}

/** The conditions that must all hold. */
export function conditionsOf(expression: Expression): readonly Expression[] {
  return expression.kind === 'conjunction' && expression.operator === 'and' ? expression.inputs.flatMap(conditionsOf) : [expression]
}

/** One condition out of several; null for none. */
export function allOf(conditions: readonly Expression[]): Expression | null {
  const [first, second] = conditions
  if (first === undefined) return null
  return second === undefined ? first : conjunction('and', conditions, first.place)
}
