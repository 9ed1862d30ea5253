/** In which order an aggregate reads its rows: what was asked for, and then its argument, so that it is always the same. */
import { assert } from '@millrace/base'
import { type AggregateCall, type Expression, layoutOfExpression } from '@millrace/sql'
import type { FirstsRule } from './firsts-accumulator.ts'
import type { PickRule } from './pick-accumulator.ts'
import type { KeyColumn } from './sort-order.ts'
import type { JoinRule } from './join-accumulator.ts'
import { elementOf, elementText } from './list-text.ts'

function textJoinRule(call: AggregateCall): JoinRule {
  const { separator } = call.settings
  assert(separator !== undefined, 'texts are joined by a separator')
  const none = { opening: '', closing: '', textOf: (value: unknown): string => value as string }
  return { ...none, columns: orderOf(call, []), separator, distinct: call.distinct, keepsNull: false }
}

function listRule(call: AggregateCall): JoinRule {
  const textOf = elementText(elementOf(call.type))
  return { columns: orderOf(call, []), opening: '[', separator: ',', closing: ']', textOf, distinct: call.distinct, keepsNull: true }
}

/** How the values of a call become one text. */
export function joinRule(call: AggregateCall): JoinRule {
  return call.function === 'list' ? listRule(call) : textJoinRule(call)
}

export function pickRule(call: AggregateCall): PickRule {
  const columns = orderOf(call, extremeOf(call))
  return {
    columns,
    value: columns.findIndex((column) => column.lane === 0),
    required: requiredOf(call),
    end: call.function === 'last' ? 'last' : 'first',
  }
}

export function firstsRule(call: AggregateCall): FirstsRule {
  const { count } = call.settings
  assert(count !== undefined, 'so many values are taken')
  const isOfValues = call.function === 'min_n' || call.function === 'max_n'
  const input = ascending(0, call.inputs[0] as Expression)
  const columns = isOfValues ? [{ ...input, descending: call.function === 'max_n' }] : orderOf(call, extremeOf(call))
  return {
    columns,
    value: columns.findIndex((column) => column.lane === 0),
    required: isOfValues ? [0] : [0, 1],
    count,
    distinct: call.distinct,
    textOf: elementText(elementOf(call.type)),
  }
}

/** ARG_MIN and ARG_MAX read their rows by their second argument. */
function extremeOf(call: AggregateCall): readonly KeyColumn[] {
  const [, by] = call.inputs
  if (by === undefined) return []
  const descending = call.function.startsWith('arg_max')
  return [{ ...ascending(1, by), descending }]
}

function requiredOf(call: AggregateCall): readonly number[] {
  switch (call.function) {
    case 'any_value':
      return [0]
    case 'arg_min':
    case 'arg_max':
      return [0, 1]
    case 'arg_min_null':
    case 'arg_max_null':
      return [1]
    default:
      return []
  }
}

/** The columns that are asked for, and the first argument where it is not among them. */
function orderOf(call: AggregateCall, before: readonly KeyColumn[]): readonly KeyColumn[] {
  const input = call.inputs[0] as Expression
  const asked = call.order.map((key, at): KeyColumn => {
    const isInput = sameColumn(key.expression, input)
    const lane = isInput ? 0 : call.inputs.length + at
    return { lane, layout: layoutOfExpression(key.expression.type), descending: key.descending, nullsFirst: key.nullsFirst }
  })
  const columns = [...before, ...asked]
  return columns.some((column) => column.lane === 0) ? columns : [...columns, ascending(0, input)]
}

function ascending(lane: number, expression: Expression): KeyColumn {
  return { lane, layout: layoutOfExpression(expression.type), descending: false, nullsFirst: false }
}

function sameColumn(left: Expression, right: Expression): boolean {
  return left.kind === 'column' && right.kind === 'column' && left.index === right.index
}
