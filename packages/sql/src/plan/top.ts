import type { ExpressionType } from '../duckdb-type.ts'
import type { Expression } from '../expression/expression.ts'
import type { Plan } from './plan.ts'
import type { SortKey } from './sort-key.ts'

/** What `count` counts: rows, rows with those that tie with the last, or different values of the order. */
export type TopCounting = 'row_number' | 'rank' | 'dense_rank'

/**
 * LIMIT, DISTINCT ON and `row_number() <= n`: of each partition the rows from `offset` on, in the given
 * order, `count` of them. Rows that tie stand in the order of their columns.
 */
export interface Top {
  readonly kind: 'top'
  readonly types: readonly ExpressionType[]
  readonly input: Plan
  readonly partitions: readonly Expression[]
  readonly order: readonly SortKey[]
  readonly counting: TopCounting
  readonly offset: number
  /** Null for all that follow. */
  readonly count: number | null
  /** Whether the row's number is a last column. */
  readonly numbered: boolean
}

export type TopRows = Pick<Top, 'partitions' | 'order' | 'counting' | 'offset' | 'count' | 'numbered'>

const NUMBER: ExpressionType = { kind: 'int64' }

export function top(input: Plan, rows: TopRows): Top {
  const types = rows.numbered ? [...input.types, NUMBER] : input.types
  return { ...rows, kind: 'top', types, input }
}

export function expressionsOfTop({ partitions, order }: Top): readonly Expression[] {
  return [...partitions, ...order.map((key) => key.expression)]
}

/** The same over another input and other expressions, given in the order of `expressionsOfTop`. */
export function topWith(plan: Top, input: Plan, expressions: readonly Expression[]): Top {
  const partitions = plan.partitions.map((_, at) => expressions[at] as Expression)
  const order = plan.order.map((key, at) => ({ ...key, expression: expressions[partitions.length + at] as Expression }))
  return top(input, { ...plan, partitions, order })
}
