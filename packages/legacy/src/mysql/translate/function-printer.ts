import { untranslatableAt } from '../untranslatable-at.ts'
import { exact } from './exact-number.ts'
import type { Scope } from './scope.ts'
import type { Value } from './value.ts'

export interface FunctionCall {
  readonly name: string
  readonly word: string | null
  readonly values: readonly Value[]
  readonly scope: Scope
  readonly at: number
}

/** Null where the arguments are not of the kinds that it knows. */
export type FunctionPrinter = (call: FunctionCall) => Value | null

/** A whole number that the view itself holds. */
export function wholeConstant(given: Value | undefined): number | null {
  return given?.kind === 'integer' && given.constant !== null ? Number(given.constant) : null
}

/** The number in full, of which no other view's division is a part. */
export function settledNumber(given: Value, at: number): Value {
  if (given.unsettled === 'merged')
    throw untranslatableAt(
      'a quotient of another view',
      'with how many digits it is computed depends on the server’s plan: round it there',
      at,
    )
  return exact(given, at)
}
