import type { Expression } from './expression.ts'

/** `input IN (candidates)`, or NOT IN where `negated`. */
export interface Membership {
  readonly kind: 'membership'
  readonly type: { readonly kind: 'boolean' }
  readonly place: number | null
  readonly input: Expression
  readonly candidates: readonly Expression[]
  readonly negated: boolean
}

export function membership(
  input: Expression,
  candidates: readonly Expression[],
  options: { negated: boolean; place: number | null },
): Membership {
  return { kind: 'membership', type: { kind: 'boolean' }, place: options.place, input, candidates, negated: options.negated }
}
