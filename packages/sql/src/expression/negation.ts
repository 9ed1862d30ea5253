import type { Expression } from './expression.ts'

export interface Negation {
  readonly kind: 'negation'
  readonly type: { readonly kind: 'boolean' }
  readonly place: number | null
  readonly input: Expression
}

export function negation(input: Expression, place: number | null): Negation {
  return { kind: 'negation', type: { kind: 'boolean' }, place, input }
}
