import type { Call } from './call.ts'
import type { Cast } from './cast.ts'
import type { Choice } from './choice.ts'
import type { Coalesce } from './coalesce.ts'
import type { ColumnReference } from './column-reference.ts'
import type { Comparison } from './comparison.ts'
import type { Conjunction } from './conjunction.ts'
import type { Constant } from './constant.ts'
import type { Foreign } from './foreign.ts'
import type { Membership } from './membership.ts'
import type { Negation } from './negation.ts'
import type { NullTest } from './null-test.ts'

/** A bound, typed scalar expression. `place` is its offset in the SQL, in bytes of UTF-8. */
export type Expression =
  | ColumnReference
  | Constant
  | Cast
  | Comparison
  | Conjunction
  | Negation
  | NullTest
  | Membership
  | Coalesce
  | Choice
  | Call
  | Foreign

export function inputsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'column':
    case 'constant':
      return []
    case 'cast':
    case 'negation':
    case 'nullTest':
      return [expression.input]
    case 'comparison':
      return [expression.left, expression.right]
    case 'conjunction':
    case 'coalesce':
    case 'call':
    case 'foreign':
      return expression.inputs
    case 'membership':
      return [expression.input, ...expression.candidates]
    case 'choice':
      return [...expression.arms.flatMap((arm) => [arm.when, arm.then]), expression.otherwise]
  }
}

/** The same expression over other inputs, given in the order of `inputsOf`. */
export function withInputs(expression: Expression, inputs: readonly Expression[]): Expression {
  const at = (index: number): Expression => inputs[index] as Expression
  switch (expression.kind) {
    case 'column':
    case 'constant':
      return expression
    case 'cast':
    case 'negation':
    case 'nullTest':
      return { ...expression, input: at(0) }
    case 'comparison':
      return { ...expression, left: at(0), right: at(1) }
    case 'conjunction':
    case 'coalesce':
    case 'call':
    case 'foreign':
      return { ...expression, inputs }
    case 'membership':
      return { ...expression, input: at(0), candidates: inputs.slice(1) }
    case 'choice': {
      const arms = expression.arms.map((_, arm) => ({ when: at(arm * 2), then: at(arm * 2 + 1) }))
      return { ...expression, arms, otherwise: at(arms.length * 2) }
    }
  }
}

/** Rewrites bottom-up. */
export function rewrite(expression: Expression, change: (expression: Expression) => Expression): Expression {
  return change(
    withInputs(
      expression,
      inputsOf(expression).map((input) => rewrite(input, change)),
    ),
  )
}

/** The same over columns that stand elsewhere. */
export function shiftColumns(expression: Expression, place: (index: number) => number): Expression {
  return rewrite(expression, (part) => (part.kind === 'column' ? { ...part, index: place(part.index) } : part))
}

/** The indexes of all columns that it reads. */
export function columnsOf(expression: Expression, into: Set<number> = new Set()): Set<number> {
  if (expression.kind === 'column') into.add(expression.index)
  for (const input of inputsOf(expression)) columnsOf(input, into)
  return into
}
