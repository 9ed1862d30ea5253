import type { Expression } from './expression.ts'

export type ComparisonOperator = 'equal' | 'notEqual' | 'less' | 'lessOrEqual' | 'greater' | 'greaterOrEqual' | 'distinct' | 'notDistinct'

export interface Comparison {
  readonly kind: 'comparison'
  readonly type: { readonly kind: 'boolean' }
  readonly place: number | null
  readonly operator: ComparisonOperator
  readonly left: Expression
  readonly right: Expression
}

export function comparison(operator: ComparisonOperator, left: Expression, right: Expression): Comparison {
  return { kind: 'comparison', type: { kind: 'boolean' }, place: left.place ?? right.place, operator, left, right }
}
