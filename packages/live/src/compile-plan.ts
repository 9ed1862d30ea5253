import {
  type Aggregate,
  columnReference,
  columnsOf,
  type Expression,
  identityOf,
  layoutOfExpression,
  type Plan,
  planInputs,
  type Project,
} from '@millrace/sql'
import { AggregateOperator } from './operator/aggregate-operator.ts'
import { asofOperator } from './operator/asof-operator.ts'
import { bagOperator } from './operator/bag-operator.ts'
import { FilterOperator } from './operator/filter-operator.ts'
import { JoinOperator } from './operator/join-operator.ts'
import type { Operator } from './operator/operator.ts'
import { ProjectOperator } from './operator/project-operator.ts'
import { RecursionOperator } from './operator/recursion-operator.ts'
import { RowsOperator } from './operator/rows-operator.ts'
import { findSessions } from './rewrite/find-sessions.ts'
import { sessionOperator } from './operator/session-operator.ts'
import { ScanOperator } from './operator/scan-operator.ts'
import { FanOutOperator } from './operator/fan-out-operator.ts'
import { topOperator } from './operator/top-operator.ts'
import { UnionOperator } from './operator/union-operator.ts'
import { windowOperator } from './operator/window-operator.ts'
import { UnnestOperator } from './operator/unnest-operator.ts'
import { StateMemory } from './spill/state-memory.ts'
import { StateScope } from './spill/state-scope.ts'
import { PlanIdentity } from './plan-identity.ts'

/** The operators that keep a plan's result up to date; what the plan says twice is computed once. */
export function compilePlan(plan: Plan, scope: StateScope = new StateScope(new StateMemory())): Operator {
  const identity = new PlanIdentity()
  const readers = new Map<number, number>()
  countReaders(plan, identity, readers)
  const shared = new Map<number, FanOutOperator>()
  const isShared = (part: Plan): boolean => readers.get(identity.of(part)) !== 1
  const compile = (part: Plan): Operator => {
    const number = identity.of(part)
    if (part.kind === 'scan' || part.kind === 'rows' || !isShared(part)) return operatorOf(part, { compile, isShared, scope })
    const known = shared.get(number)
    if (known !== undefined) return known.again()
    const operator = new FanOutOperator(operatorOf(part, { compile, isShared, scope }))
    shared.set(number, operator)
    return operator
  }
  return compile(plan)
}

/** How many operators read each different plan. */
function countReaders(plan: Plan, identity: PlanIdentity, readers: Map<number, number>): void {
  const number = identity.of(plan)
  const known = readers.get(number) ?? 0
  readers.set(number, known + 1)
  if (known === 0) for (const input of planInputs(plan)) countReaders(input, identity, readers)
}

interface Compiling {
  readonly compile: (plan: Plan) => Operator
  /** Whether several operators read it. */
  readonly isShared: (plan: Plan) => boolean
  readonly scope: StateScope
}

function operatorOf(plan: Plan, compiling: Compiling): Operator {
  const { compile, scope } = compiling
  switch (plan.kind) {
    case 'scan':
      return new ScanOperator(plan)
    case 'rows':
      return new RowsOperator(plan)
    case 'filter':
      return new FilterOperator(compile(plan.input), plan.condition)
    case 'project':
      return new ProjectOperator(sessionsBelow(plan, compiling) ?? compile(plan.input), plan.expressions)
    case 'join':
      return new JoinOperator(
        {
          left: { operator: compile(plan.left), identity: identityOf(plan.left) },
          right: { operator: compile(plan.right), identity: identityOf(plan.right) },
        },
        plan,
        scope,
      )
    case 'aggregate':
      return new AggregateOperator(compile(plan.input), { groups: plan.groups, identity: groupIdentity(plan), calls: plan.calls }, scope)
    case 'distinct': {
      // Each row once is a group of all columns without an aggregate.
      const columns = plan.types.map((type, at) => columnReference(at, type))
      return new AggregateOperator(compile(plan.input), { groups: columns, identity: columns.map((_, at) => at), calls: [] }, scope)
    }
    case 'top':
      return topOperator(compile(plan.input), plan, scope)
    case 'window':
      return windowOperator(compile(plan.input), plan, scope)
    case 'recursion': {
      // Its rounds are stepped by themselves: what they share with the rest of the plan they compute themselves.
      const inputs = { initial: compile(plan.initial), round: compilePlan(plan.round, scope) }
      return new RecursionOperator(inputs, plan)
    }
    case 'asof':
      return asofOperator({ left: compile(plan.left), right: compile(plan.right) }, plan, scope)
    case 'bag':
      return bagOperator({ left: compile(plan.left), right: compile(plan.right) }, plan, scope)
    case 'unnest':
      return new UnnestOperator(compile(plan.input), plan)
    case 'union':
      return new UnionOperator(plan.inputs.map(compile), plan.types.map(layoutOfExpression))
  }
}

/** The input of a projection that does not read the number of sessions which an aggregate below is grouped by; null for any other. */
function sessionsBelow(plan: Project, { compile, isShared, scope }: Compiling): Operator | null {
  const conditions: Expression[] = []
  let below = plan.input
  for (; below.kind === 'filter' && !isShared(below); below = below.input) conditions.unshift(below.condition)
  if (below.kind !== 'aggregate') return null
  const read = new Set([...plan.expressions, ...conditions].flatMap((expression) => [...columnsOf(expression)]))
  const found = findSessions(below, read)
  if (found === null || found.parts.some(isShared)) return null
  const sessions = sessionOperator(compile(found.sessions.input), found.sessions, scope)
  const grouped = new AggregateOperator(sessions, { groups: found.groups, identity: groupIdentity(below), calls: found.calls }, scope)
  return conditions.reduce((input: Operator, condition) => new FilterOperator(input, condition), grouped)
}

/** The groups that tell a group from the others: hashing these alone, no long text need be hashed. */
function groupIdentity(plan: Aggregate): readonly number[] {
  return identityOf(plan).filter((column) => column < plan.groups.length)
}
