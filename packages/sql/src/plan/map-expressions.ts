import type { Expression } from '../expression/expression.ts'
import { callWith, expressionsOfCall } from './aggregate.ts'
import { asofWith, expressionsOfAsof } from './asof.ts'
import type { Plan } from './plan.ts'
import { expressionsOfTop, topWith } from './top.ts'
import { expressionsOfWindow, windowWith } from './window.ts'
import { expressionsOfList, listWith } from './unnest.ts'

/** The same plan with every expression replaced by what `change` makes of it, inputs first. */
export async function mapExpressions(plan: Plan, change: (expression: Expression) => Promise<Expression>): Promise<Plan> {
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
      return { ...plan, input: await mapExpressions(plan.input, change), condition: await change(plan.condition) }
    case 'project':
      return { ...plan, input: await mapExpressions(plan.input, change), expressions: await changeAll(plan.expressions) }
    case 'aggregate': {
      const calls = []
      for (const call of plan.calls) calls.push(callWith(call, await changeAll(expressionsOfCall(call))))
      return { ...plan, input: await mapExpressions(plan.input, change), groups: await changeAll(plan.groups), calls }
    }
    case 'distinct':
      return { ...plan, input: await mapExpressions(plan.input, change) }
    case 'top':
      return topWith(plan, await mapExpressions(plan.input, change), await changeAll(expressionsOfTop(plan)))
    case 'window':
      return windowWith(plan, await mapExpressions(plan.input, change), await changeAll(expressionsOfWindow(plan)))
    case 'bag':
      return { ...plan, left: await mapExpressions(plan.left, change), right: await mapExpressions(plan.right, change) }
    case 'recursion':
      return { ...plan, initial: await mapExpressions(plan.initial, change), round: await mapExpressions(plan.round, change) }
    case 'asof': {
      const sides = { left: await mapExpressions(plan.left, change), right: await mapExpressions(plan.right, change) }
      return asofWith(plan, sides, await changeAll(expressionsOfAsof(plan)))
    }
    case 'unnest': {
      const lists = []
      for (const list of plan.lists) lists.push(listWith(list, await changeAll(expressionsOfList(list))))
      return { ...plan, input: await mapExpressions(plan.input, change), lists }
    }
    case 'union': {
      const inputs: Plan[] = []
      for (const input of plan.inputs) inputs.push(await mapExpressions(input, change))
      return { ...plan, inputs }
    }
    case 'join': {
      const keys = []
      for (const key of plan.keys) keys.push({ ...key, left: await change(key.left), right: await change(key.right) })
      const left = await mapExpressions(plan.left, change)
      const right = await mapExpressions(plan.right, change)
      return { ...plan, left, right, keys, residual: await optional(plan.residual) }
    }
  }
}
