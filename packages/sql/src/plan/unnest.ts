import type { ExpressionType } from '../duckdb-type.ts'
import type { Expression } from '../expression/expression.ts'
import type { Plan } from './plan.ts'

/** A list for each row: one that is computed as a value, or whole numbers or timestamps a step apart. */
export type UnnestedList =
  | { readonly kind: 'list'; readonly type: ExpressionType; readonly list: Expression }
  | {
      readonly kind: 'series'
      readonly type: { readonly kind: 'int64' } | { readonly kind: 'timestamp' }
      readonly start: Expression
      readonly stop: Expression
      readonly step: Expression
      /** Whether `stop` itself is one of them. */
      readonly isInclusive: boolean
    }

/** For each row one for each item of its longest list, with NULL where another list has ended; the columns, then the items. */
export interface Unnest {
  readonly kind: 'unnest'
  readonly types: readonly ExpressionType[]
  readonly input: Plan
  readonly lists: readonly UnnestedList[]
}

export function unnest(input: Plan, lists: readonly UnnestedList[]): Unnest {
  return { kind: 'unnest', types: [...input.types, ...lists.map((list) => list.type)], input, lists }
}

export function expressionsOfList(list: UnnestedList): readonly Expression[] {
  return list.kind === 'list' ? [list.list] : [list.start, list.stop, list.step]
}

/** The same list over other expressions, given in the order of `expressionsOfList`. */
export function listWith(list: UnnestedList, expressions: readonly Expression[]): UnnestedList {
  const [first, second, third] = expressions
  if (first === undefined) return list
  if (list.kind === 'list') return { ...list, list: first }
  return { ...list, start: first, stop: second ?? list.stop, step: third ?? list.step }
}
