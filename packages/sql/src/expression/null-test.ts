import type { Expression } from './expression.ts'

/** IS NULL, or IS NOT NULL where `negated`. */
export interface NullTest {
  readonly kind: 'nullTest'
  readonly type: { readonly kind: 'boolean' }
  readonly place: number | null
  readonly input: Expression
  readonly negated: boolean
}

export function nullTest(input: Expression, options: { negated: boolean; place: number | null }): NullTest {
  return { kind: 'nullTest', type: { kind: 'boolean' }, place: options.place, input, negated: options.negated }
}
