/** Which types a live relation may group by and put in order: equality and order are those of how values lie in memory. */
import { type ExpressionType, isLoose, nameOf } from '../duckdb-type.ts'
import type { Expression } from '../expression/expression.ts'
import type { AggregateCall } from '../plan/aggregate.ts'
import type { Plan } from '../plan/plan.ts'
import { Unsupported } from '../sql-error.ts'

/** Raises `Unsupported` where the plan's own operator would take other values for equal, or in another order, than SQL does. */
export function checkTypes(plan: Plan): void {
  switch (plan.kind) {
    case 'aggregate':
      for (const group of plan.groups) requireGroupable(group.type, group.place)
      for (const call of plan.calls) checkCall(call)
      return
    case 'top':
    case 'window':
      for (const partition of plan.partitions) requireGroupable(partition.type, partition.place)
      for (const key of plan.order) requireOrdered(key.expression)
      if (plan.kind === 'window') for (const { aggregate } of plan.calls) if (aggregate !== null) checkCall(aggregate)
      return
    case 'asof':
      for (const key of plan.keys) requireGroupable(key.left.type, key.left.place)
      requireOrdered(plan.leftValue)
      return
    case 'distinct':
    case 'bag':
      for (const type of plan.types) requireGroupable(type, null)
      return
    case 'recursion':
      for (const type of plan.types) requireGroupable(type, null)
      return
    case 'join':
      for (const key of plan.keys) requireGroupable(key.left.type, key.left.place)
      return
    default:
  }
}

function checkCall(call: AggregateCall): void {
  if (call.distinct) for (const input of call.inputs) requireGroupable(input.type, call.place)
  for (const part of expressionsInOrder(call)) requireOrdered(part)
}

/** What a call compares to find which is less. Among rows that are equal in it any fixed order will do. */
function expressionsInOrder(call: AggregateCall): readonly Expression[] {
  const order = call.order.map((key) => key.expression)
  switch (call.function) {
    case 'count':
    case 'count_star':
      return []
    case 'any_value':
    case 'first':
    case 'last':
    case 'string_agg':
    case 'list':
    case 'arg_min':
    case 'arg_max':
    case 'arg_min_null':
    case 'arg_max_null':
    case 'arg_min_n':
    case 'arg_max_n':
      return [...call.inputs.slice(1), ...order]
    default:
      return [...call.inputs, ...order]
  }
}

function requireGroupable(type: ExpressionType, place: number | null): void {
  if (!isLoose(type)) return
  throw new Unsupported(
    `a comparison of whole rows by values of type ${nameOf(type)}, of which different ones are equal,`,
    place,
    'Compare their texts instead: cast them to VARCHAR.',
  )
}

const NOT_ORDERED: ReadonlySet<ExpressionType['kind']> = new Set(['interval', 'enum', 'list', 'struct', 'map', 'foreign'])

/** Whether values in the order in which they lie in memory are in SQL's order. */
export function isOrderedAsItLies(type: ExpressionType): boolean {
  return !NOT_ORDERED.has(type.kind)
}

function requireOrdered({ type, place }: Expression): void {
  if (isOrderedAsItLies(type)) return
  const instead =
    type.kind === 'enum' ? 'Take enum_code of it, which has the same order.' : 'Order by numbers or texts that are taken from it.'
  throw new Unsupported(`an order of values of type ${nameOf(type)}`, place, instead)
}
