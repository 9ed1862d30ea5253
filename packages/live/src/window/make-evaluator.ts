import { assert, unreachable } from '@millrace/base'
import type { Layout } from '@millrace/core'
import { type AggregateCall, type Expression, type FrameBound, layoutOfExpression, type WindowCall } from '@millrace/sql'
import { makeAccumulator } from '../aggregate/make-accumulator.ts'
import { joinRule } from '../aggregate/ordered-rules.ts'
import type { OrderedRows } from '../ordered/ordered-rows.ts'
import { FrameAggregate } from './frame-aggregate.ts'
import { FrameFinder } from './frame.ts'
import { JoinedFrame } from './joined-frame.ts'
import { PickedValue } from './picked-value.ts'
import { Ranking } from './ranking.ts'
import { RunningExtreme } from './running-extreme.ts'
import type { ToldResults } from './told-results.ts'
import { UniformFrame } from './uniform-frame.ts'
import type { PartitionState, WindowEvaluator } from './window-evaluator.ts'

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
  readonly told: ToldResults
}

/** How a call's results are found, and what is kept for it of each partition, if anything. */
export interface MadeEvaluator {
  readonly evaluator: WindowEvaluator
  readonly state: PartitionState | null
}

export function makeEvaluator(call: WindowCall, context: EvaluatorContext): MadeEvaluator {
  const { rows, columnOf, told } = context
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
      return stateless(new Ranking({ function: call.function, buckets: number, told }))
    case 'lag':
    case 'lead':
    case 'first_value':
    case 'last_value':
    case 'nth_value': {
      const { function: name, ignoreNulls } = call
      const picked = { function: name, column: optional(call.input), otherwise: optional(call.otherwise), number, ignoreNulls }
      const ofFrame = name !== 'lag' && name !== 'lead' && finder.isWhole
      const plain = new PickedValue(picked, finder, told)
      return stateless(ofFrame ? new UniformFrame(plain, told) : plain)
    }
    case 'aggregate': {
      const { aggregate } = call
      assert(aggregate !== null, 'an aggregate is known by its call')
      const condition = optional(aggregate.condition)
      const wanted = EXTREMES[aggregate.function]
      if (wanted !== undefined && finder.isRunning && isExactly(told.layout, aggregate)) {
        const column = columnOf(aggregate.inputs[0] as Expression)
        const ofPeers = call.frame.end.edge === 'current' && call.frame.end.unit !== 'rows'
        return stateless(new RunningExtreme({ wanted, column, condition, ofPeers }, finder, told))
      }
      if (isInOrderOfFrame(aggregate)) {
        const joined = new JoinedFrame(joinRule(aggregate), finder, { input: columnOf(aggregate.inputs[0] as Expression), condition })
        return stateless(finder.isWhole ? new UniformFrame(joined, told) : joined)
      }
      const inputs = argumentsOf(aggregate).map(columnOf)
      const plain = new FrameAggregate(makeAccumulator(aggregate), finder, { inputs, condition, columnsOf: () => rows.table.columns })
      return { evaluator: finder.isWhole ? new UniformFrame(plain, told) : plain, state: plain }
    }
    default:
      return unreachable(call.function, 'a window function')
  }
}

function stateless(evaluator: WindowEvaluator): MadeEvaluator {
  return { evaluator, state: null }
}

/** Aggregates whose result is one of the values. */
const EXTREMES: Readonly<Partial<Record<AggregateCall['function'], 'min' | 'max'>>> = {
  min: 'min',
  max: 'max',
  bool_and: 'min',
  bool_or: 'max',
}

/** Whether values that are equal are the same, and results are values as they are. */
function isExactly(layout: Layout, { inputs: [input] }: AggregateCall): boolean {
  return layout !== 'float' && layout !== 'bytes' && input !== undefined && layoutOfExpression(input.type) === layout
}

/** Whether it tells its values as the rows of the frame stand; with DISTINCT they stand in their own order. */
function isInOrderOfFrame({ function: name, order, distinct }: AggregateCall): boolean {
  return (name === 'list' || name === 'string_agg') && order.length === 0 && !distinct
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
