import { type Aggregate, columnReference, identityOf, layoutOfExpression, type Plan } from '@millrace/sql'
import { AggregateOperator } from './operator/aggregate-operator.ts'
import { AsofOperator } from './operator/asof-operator.ts'
import { BagOperator } from './operator/bag-operator.ts'
import { FilterOperator } from './operator/filter-operator.ts'
import { JoinOperator } from './operator/join-operator.ts'
import type { Operator } from './operator/operator.ts'
import { ProjectOperator } from './operator/project-operator.ts'
import { RowsOperator } from './operator/rows-operator.ts'
import { ScanOperator } from './operator/scan-operator.ts'
import { TopOperator } from './operator/top-operator.ts'
import { UnionOperator } from './operator/union-operator.ts'
import { WindowOperator } from './operator/window-operator.ts'
import { UnnestOperator } from './operator/unnest-operator.ts'

/** The operators that keep a plan's result up to date. */
export function compilePlan(plan: Plan): Operator {
  switch (plan.kind) {
    case 'scan':
      return new ScanOperator(plan)
    case 'rows':
      return new RowsOperator(plan)
    case 'filter':
      return new FilterOperator(compilePlan(plan.input), plan.condition)
    case 'project':
      return new ProjectOperator(compilePlan(plan.input), plan.expressions)
    case 'join':
      return new JoinOperator(
        { operator: compilePlan(plan.left), identity: identityOf(plan.left) },
        { operator: compilePlan(plan.right), identity: identityOf(plan.right) },
        plan,
      )
    case 'aggregate':
      return new AggregateOperator(compilePlan(plan.input), { groups: plan.groups, identity: groupIdentity(plan), calls: plan.calls })
    case 'distinct': {
      // Each row once is a group of all columns without an aggregate.
      const columns = plan.types.map((type, at) => columnReference(at, type))
      return new AggregateOperator(compilePlan(plan.input), { groups: columns, identity: columns.map((_, at) => at), calls: [] })
    }
    case 'top':
      return new TopOperator(compilePlan(plan.input), plan)
    case 'window':
      return new WindowOperator(compilePlan(plan.input), plan)
    case 'asof':
      return new AsofOperator({ left: compilePlan(plan.left), right: compilePlan(plan.right) }, plan)
    case 'bag':
      return new BagOperator({ left: compilePlan(plan.left), right: compilePlan(plan.right) }, plan.operation)
    case 'unnest':
      return new UnnestOperator(compilePlan(plan.input), plan)
    case 'union':
      return new UnionOperator(plan.inputs.map(compilePlan), plan.types.map(layoutOfExpression))
  }
}

/** The groups that tell a group from the others: hashing these alone, no long text need be hashed. */
function groupIdentity(plan: Aggregate): readonly number[] {
  return identityOf(plan).filter((column) => column < plan.groups.length)
}
