import { assert, unreachable } from '@millrace/base'
import type { AggregateCall, Expression, FrameBound, WindowCall } from '@millrace/sql'
import { makeAccumulator } from '../aggregate/make-accumulator.ts'
import type { OrderedRows } from '../ordered/ordered-rows.ts'
import { FrameAggregate } from './frame-aggregate.ts'
import { FrameFinder } from './frame.ts'
import { PickedValue } from './picked-value.ts'
import { Ranking } from './ranking.ts'
import type { WindowEvaluator } from './window-evaluator.ts'

/** All that a call reads of a row: it is stored with the row. */
export function storedExpressionsOf({ input, otherwise, frame, aggregate }: WindowCall): readonly Expression[] {
  const bounds = [frame.start, frame.end].flatMap((bound) => (isOfRange(bound) ? [bound.offset] : []))
  const own = [input, otherwise, ...bounds].filter((part) => part !== null)
  return aggregate === null ? own : [...own, ...argumentsOf(aggregate), ...(aggregate.condition === null ? [] : [aggregate.condition])]
}

export interface EvaluatorContext {
  readonly rows: OrderedRows
  /** Where an expression is stored. */
  readonly columnOf: (expression: Expression) => number
  /** The number that was told of a slot. */
  readonly storedOf: (slot: number) => number
}

export function makeEvaluator(call: WindowCall, context: EvaluatorContext): WindowEvaluator {
  const { rows, columnOf, storedOf } = context
  const optional = (expression: Expression | null): number => (expression === null ? -1 : columnOf(expression))
  const number = numberOf(call.number)
  const finder = new FrameFinder(call.frame, {
    order: rows.orderColumns,
    columnOf: (bound) => optional(isOfRange(bound) ? bound.offset : null),
    place: call.place,
  })
  switch (call.function) {
    case 'row_number':
    case 'rank':
    case 'dense_rank':
    case 'percent_rank':
    case 'cume_dist':
    case 'ntile':
      return new Ranking({ function: call.function, buckets: number, storedOf })
    case 'lag':
    case 'lead':
    case 'first_value':
    case 'last_value':
    case 'nth_value': {
      const { function: name, ignoreNulls } = call
      return new PickedValue(
        { function: name, column: optional(call.input), otherwise: optional(call.otherwise), number, ignoreNulls },
        finder,
      )
    }
    case 'aggregate': {
      const { aggregate } = call
      assert(aggregate !== null, 'an aggregate is known by its call')
      const inputs = argumentsOf(aggregate).map(columnOf)
      return new FrameAggregate(makeAccumulator(aggregate), finder, {
        inputs,
        condition: optional(aggregate.condition),
        columnsOf: () => rows.table.columns,
      })
    }
    default:
      return unreachable(call.function, 'a window function')
  }
}

function argumentsOf({ inputs, order }: AggregateCall): readonly Expression[] {
  return [...inputs, ...order.map((key) => key.expression)]
}

function isOfRange(bound: FrameBound): bound is FrameBound & { edge: 'offset' } {
  return bound.edge === 'offset' && bound.unit === 'range'
}

function numberOf(expression: Expression | null): number {
  if (expression === null) return 0
  assert(expression.kind === 'constant', 'the number of a window function is a constant')
  return Number(expression.value)
}
