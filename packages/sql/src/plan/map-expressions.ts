import type { Expression } from '../expression/expression.ts'
import { callWith, expressionsOfCall } from './aggregate.ts'
import { asofWith, expressionsOfAsof } from './asof.ts'
import type { Plan } from './plan.ts'
import { partsOf } from './plan-parts.ts'
import { expressionsOfTop, topWith } from './top.ts'
import { expressionsOfWindow, windowWith } from './window.ts'
import { expressionsOfList, listWith } from './unnest.ts'

type Change = (expression: Expression) => Promise<Expression>

/** The same plan with every expression replaced by what `change` makes of it. What has several readers keeps them. */
export async function mapExpressions(plan: Plan, change: Change): Promise<Plan> {
  const changed = new Map<Plan, Plan>()
  const changedOf = (part: Plan): Plan => changed.get(part) as Plan
  for (const part of partsOf(plan)) changed.set(part, await mapOwn(part, changedOf, change))
  return changedOf(plan)
}

async function mapOwn(plan: Plan, inputOf: (input: Plan) => Plan, change: Change): Promise<Plan> {
  const changeAll = async (expressions: readonly Expression[]): Promise<Expression[]> => {
    const changed: Expression[] = []
    for (const expression of expressions) changed.push(await change(expression))
    return changed
  }
  const optional = async (expression: Expression | null): Promise<Expression | null> => (expression === null ? null : change(expression))
  switch (plan.kind) {
    case 'scan':
      return plan
    case 'rows': {
      const rows: Expression[][] = []
      for (const row of plan.rows) rows.push(await changeAll(row))
      return { ...plan, rows }
    }
    case 'filter':
      return { ...plan, input: inputOf(plan.input), condition: await change(plan.condition) }
    case 'project':
      return { ...plan, input: inputOf(plan.input), expressions: await changeAll(plan.expressions) }
    case 'aggregate': {
      const calls = []
      for (const call of plan.calls) calls.push(callWith(call, await changeAll(expressionsOfCall(call))))
      return { ...plan, input: inputOf(plan.input), groups: await changeAll(plan.groups), calls }
    }
    case 'distinct':
      return { ...plan, input: inputOf(plan.input) }
    case 'top':
      return topWith(plan, inputOf(plan.input), await changeAll(expressionsOfTop(plan)))
    case 'window':
      return windowWith(plan, inputOf(plan.input), await changeAll(expressionsOfWindow(plan)))
    case 'bag':
      return { ...plan, left: inputOf(plan.left), right: inputOf(plan.right) }
    case 'recursion':
      return { ...plan, initial: inputOf(plan.initial), round: inputOf(plan.round) }
    case 'asof': {
      const sides = { left: inputOf(plan.left), right: inputOf(plan.right) }
      return asofWith(plan, sides, await changeAll(expressionsOfAsof(plan)))
    }
    case 'unnest': {
      const lists = []
      for (const list of plan.lists) lists.push(listWith(list, await changeAll(expressionsOfList(list))))
      return { ...plan, input: inputOf(plan.input), lists }
    }
    case 'union':
      return { ...plan, inputs: plan.inputs.map(inputOf) }
    case 'join': {
      const keys = []
      for (const key of plan.keys) keys.push({ ...key, left: await change(key.left), right: await change(key.right) })
      return { ...plan, left: inputOf(plan.left), right: inputOf(plan.right), keys, residual: await optional(plan.residual) }
    }
  }
}
