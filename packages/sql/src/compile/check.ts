import type { Expression } from '../expression/expression.ts'
import { type AggregateCall, expressionsOfCall } from '../plan/aggregate.ts'
import type { Plan } from '../plan/plan.ts'
import { partsOf } from '../plan/plan-parts.ts'
import { expressionsOfAsof } from '../plan/asof.ts'
import { expressionsOfTop } from '../plan/top.ts'
import { expressionsOfWindow } from '../plan/window.ts'
import { expressionsOfList } from '../plan/unnest.ts'
import { Unsupported } from '../sql-error.ts'
import { checkTypes } from './check-types.ts'
import { compileProjection } from './compile.ts'
import { checkWindow } from './check-window.ts'
import { isFloat, isWhole } from './type-range.ts'

/** Raises `Unsupported` for the first expression that has no exact code. */
export function checkCompiles(plan: Plan): void {
  for (const part of partsOf(plan)) checkPart(part)
}

function checkPart(plan: Plan): void {
  for (const expression of expressionsOf(plan)) compileProjection([expression])
  checkTypes(plan)
  if (plan.kind === 'window') checkWindow(plan)
  for (const call of aggregateCallsOf(plan)) checkCall(call)
}

function aggregateCallsOf(plan: Plan): readonly AggregateCall[] {
  if (plan.kind === 'aggregate') return plan.calls
  return plan.kind === 'window' ? plan.calls.flatMap(({ aggregate }) => (aggregate === null ? [] : [aggregate])) : []
}

/** What an average can be of besides numbers. */
const INSTANT_KINDS: ReadonlySet<string> = new Set(['time', 'timestamp', 'timestamptz'])

function checkCall(call: AggregateCall): void {
  const [input] = call.inputs
  if (input === undefined || call.function === 'count') return
  const { kind } = input.type
  if (call.function === 'histogram' && isFloat(input.type))
    throw new Unsupported('histogram of floats', call.place, 'Cast them to a DECIMAL, or group by the value and count it.')
  const isNumber = isWhole(input.type) || isFloat(input.type)
  const isKnown =
    call.function === 'sum' ? isNumber || kind === 'boolean' : call.function === 'avg' ? isNumber || INSTANT_KINDS.has(kind) : true
  if (!isKnown) throw new Unsupported(`${call.function} of ${kind}`, call.place)
}

function expressionsOf(plan: Plan): readonly Expression[] {
  switch (plan.kind) {
    case 'filter':
      return [plan.condition]
    case 'project':
      return plan.expressions
    case 'aggregate':
      return [...plan.groups, ...plan.calls.flatMap(expressionsOfCall)]
    case 'join':
      return [...plan.keys.flatMap((key) => [key.left, key.right]), ...(plan.residual === null ? [] : [plan.residual])]
    case 'top':
      return expressionsOfTop(plan)
    case 'asof':
      return expressionsOfAsof(plan)
    case 'window':
      return expressionsOfWindow(plan)
    case 'rows':
      return plan.rows.flat()
    case 'unnest':
      return plan.lists.flatMap(expressionsOfList)
    default:
      return []
  }
}
