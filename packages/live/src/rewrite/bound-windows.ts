/**
 * `row_number() OVER (…) <= n`, and the same of rank and dense_rank: a window of which only the first rows
 * of each partition are asked for. As a window each change would number a partition anew; the first rows
 * alone cost what changes among them. The condition stays above and decides what is handed on.
 */
import { conditionsOf, type Expression, oncePerPlan, type Plan, planInputs, top, withPlanInputs } from '@millrace/sql'

export const boundWindows: (plan: Plan) => Plan = oncePerPlan((plan) => {
  const inputs = planInputs(plan).map(boundWindows)
  const bounded = withPlanInputs(plan, inputs)
  if (bounded.kind !== 'filter') return bounded
  const limits = limitsOf(conditionsOf(bounded.condition))
  const input = [...limits].reduce((below, [column, most]) => boundColumn(below, column, most), bounded.input)
  return { ...bounded, input }
})

/** Per column the greatest number that the conditions let through, where they say so. */
function limitsOf(conditions: readonly Expression[]): ReadonlyMap<number, number> {
  const limits = new Map<number, number>()
  for (const condition of conditions) {
    const limit = limitOf(condition)
    if (limit !== null) limits.set(limit.column, Math.min(limit.most, limits.get(limit.column) ?? Number.POSITIVE_INFINITY))
  }
  return limits
}

function limitOf(condition: Expression): { column: number; most: number } | null {
  if (condition.kind !== 'comparison') return null
  const { left, right, operator } = condition
  if (left.kind === 'column' && right.kind === 'constant' && typeof right.value === 'number') {
    const most =
      operator === 'less' ? Math.ceil(right.value) - 1 : operator === 'lessOrEqual' || operator === 'equal' ? Math.floor(right.value) : null
    return most === null ? null : { column: left.index, most: Math.max(0, most) }
  }
  if (right.kind === 'column' && left.kind === 'constant' && typeof left.value === 'number') {
    const most =
      operator === 'greater'
        ? Math.ceil(left.value) - 1
        : operator === 'greaterOrEqual' || operator === 'equal'
          ? Math.floor(left.value)
          : null
    return most === null ? null : { column: right.index, most: Math.max(0, most) }
  }
  return null
}

/** The plan with the window that makes a column bounded, if it is one that numbers rows and nothing else looks at. */
function boundColumn(plan: Plan, column: number, most: number): Plan {
  switch (plan.kind) {
    case 'project': {
      const source = plan.expressions[column]
      return source?.kind === 'column' ? { ...plan, input: boundColumn(plan.input, source.index, most) } : plan
    }
    case 'filter':
      return { ...plan, input: boundColumn(plan.input, column, most) }
    case 'window': {
      const [call, ...others] = plan.calls
      if (call === undefined || others.length > 0 || column !== plan.input.types.length) return plan
      if (call.function !== 'row_number' && call.function !== 'rank' && call.function !== 'dense_rank') return plan
      const { input, partitions, order } = plan
      return top(input, { partitions, order, counting: call.function, offset: 0, count: most, numbered: true })
    }
    default:
      return plan
  }
}
