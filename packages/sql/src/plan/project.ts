import type { ExpressionType } from '../duckdb-type.ts'
import { columnReference } from '../expression/column-reference.ts'
import type { Expression } from '../expression/expression.ts'
import type { Plan } from './plan.ts'

export interface Project {
  readonly kind: 'project'
  readonly types: readonly ExpressionType[]
  readonly input: Plan
  readonly expressions: readonly Expression[]
}

export function project(input: Plan, expressions: readonly Expression[]): Project {
  return { kind: 'project', types: expressions.map((expression) => expression.type), input, expressions }
}

/** Keeps the given columns of the input, in that order. */
export function keepColumns(input: Plan, columns: readonly number[]): Plan {
  if (columns.length === input.types.length && columns.every((column, at) => column === at)) return input
  return project(
    input,
    columns.map((column) => columnReference(column, input.types[column] as ExpressionType)),
  )
}
