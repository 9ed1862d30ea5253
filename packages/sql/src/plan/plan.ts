import type { Aggregate } from './aggregate.ts'
import type { Asof } from './asof.ts'
import type { Bag } from './bag.ts'
import type { Distinct } from './distinct.ts'
import type { Filter } from './filter.ts'
import type { Join } from './join.ts'
import type { Project } from './project.ts'
import type { Recursion } from './recursion.ts'
import type { Rows } from './rows.ts'
import type { Scan } from './scan.ts'
import type { Top } from './top.ts'
import type { Union } from './union.ts'
import type { Unnest } from './unnest.ts'
import type { Window } from './window.ts'

/** A bound, typed relation: what DuckDB's plan means, in as few kinds of node as it needs. */
export type Plan = Scan | Filter | Project | Join | Aggregate | Union | Distinct | Rows | Top | Window | Bag | Asof | Unnest | Recursion

export function planInputs(plan: Plan): readonly Plan[] {
  switch (plan.kind) {
    case 'scan':
    case 'rows':
      return []
    case 'filter':
    case 'project':
    case 'aggregate':
    case 'distinct':
    case 'top':
    case 'window':
    case 'unnest':
      return [plan.input]
    case 'join':
    case 'bag':
    case 'asof':
      return [plan.left, plan.right]
    case 'union':
      return plan.inputs
    case 'recursion':
      return [plan.initial, plan.round]
  }
}

/** The same over other inputs, given in the order of `planInputs`. */
export function withPlanInputs(plan: Plan, inputs: readonly Plan[]): Plan {
  const [first, second] = inputs as [Plan, Plan]
  switch (plan.kind) {
    case 'scan':
    case 'rows':
      return plan
    case 'join':
    case 'bag':
    case 'asof':
      return { ...plan, left: first, right: second }
    case 'union':
      return { ...plan, inputs }
    case 'recursion':
      return { ...plan, initial: first, round: second }
    default:
      return { ...plan, input: first }
  }
}
