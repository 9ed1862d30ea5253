import type { ExpressionType } from '../duckdb-type.ts'
import type { Expression } from '../expression/expression.ts'
import { type AggregateCall, callWith, expressionsOfCall } from './aggregate.ts'
import type { Plan } from './plan.ts'
import type { SortKey } from './sort-key.ts'

export type WindowFunction =
  | 'row_number'
  | 'rank'
  | 'dense_rank'
  | 'percent_rank'
  | 'cume_dist'
  | 'ntile'
  | 'lag'
  | 'lead'
  | 'first_value'
  | 'last_value'
  | 'nth_value'
  | 'aggregate'

/** `range` counts by the value of the order, `groups` the different values, `rows` the rows. */
export type FrameUnit = 'rows' | 'range' | 'groups'

/**
 * One end of a frame: the partition's, the current row's, or so much off it. The offset of rows and groups
 * is their number; of a range it is the bound itself, the order's expression moved by the offset.
 */
export type FrameBound =
  | { readonly edge: 'partition' }
  | { readonly edge: 'current'; readonly unit: FrameUnit }
  | { readonly edge: 'offset'; readonly unit: FrameUnit; readonly following: boolean; readonly offset: Expression }

export interface Frame {
  readonly start: FrameBound
  readonly end: FrameBound
  readonly exclude: 'none' | 'current' | 'group' | 'ties'
}

export interface WindowCall {
  readonly function: WindowFunction
  readonly type: ExpressionType
  readonly place: number | null
  /** What `lag`, `lead` and the values of a frame take from a row. */
  readonly input: Expression | null
  /** A constant: the distance of `lag` and `lead`, the n of `nth_value` and `ntile`. */
  readonly number: Expression | null
  /** What `lag` and `lead` yield beyond the partition. */
  readonly otherwise: Expression | null
  readonly ignoreNulls: boolean
  readonly frame: Frame
  /** Only of `aggregate`. */
  readonly aggregate: AggregateCall | null
}

/** Each row of the input, followed by what the calls yield for it. Rows that tie stand in the order of their columns. */
export interface Window {
  readonly kind: 'window'
  readonly types: readonly ExpressionType[]
  readonly input: Plan
  readonly partitions: readonly Expression[]
  readonly order: readonly SortKey[]
  readonly calls: readonly WindowCall[]
}

export type WindowParts = Pick<Window, 'partitions' | 'order' | 'calls'>

export function window(input: Plan, { partitions, order, calls }: WindowParts): Window {
  return { kind: 'window', types: [...input.types, ...calls.map((call) => call.type)], input, partitions, order, calls }
}

export function expressionsOfWindow({ partitions, order, calls }: WindowParts): readonly Expression[] {
  return [...partitions, ...order.map((key) => key.expression), ...calls.flatMap(expressionsOfWindowCall)]
}

export function expressionsOfWindowCall(call: WindowCall): readonly Expression[] {
  const own = [call.input, call.number, call.otherwise, offsetOf(call.frame.start), offsetOf(call.frame.end)]
  return [...own.filter((part) => part !== null), ...(call.aggregate === null ? [] : expressionsOfCall(call.aggregate))]
}

/** The same over another input and other expressions, given in the order of `expressionsOfWindow`. */
export function windowWith(plan: Window, input: Plan, expressions: readonly Expression[]): Window {
  let next = 0
  const take = (): Expression => expressions[next++] as Expression
  const optional = (part: Expression | null): Expression | null => (part === null ? null : take())
  const partitions = plan.partitions.map(take)
  const order = plan.order.map((key) => ({ ...key, expression: take() }))
  const calls = plan.calls.map((call): WindowCall => {
    const own = { input: optional(call.input), number: optional(call.number), otherwise: optional(call.otherwise) }
    const bound = (old: FrameBound): FrameBound => (old.edge === 'offset' ? { ...old, offset: take() } : old)
    const frame = { start: bound(call.frame.start), end: bound(call.frame.end), exclude: call.frame.exclude }
    const aggregate = call.aggregate === null ? null : callWith(call.aggregate, expressionsOfCall(call.aggregate).map(take))
    return { ...call, ...own, frame, aggregate }
  })
  return window(input, { partitions, order, calls })
}

function offsetOf(bound: FrameBound): Expression | null {
  return bound.edge === 'offset' ? bound.offset : null
}
