/** Postgres's plan, from EXPLAIN (FORMAT JSON). */
import type { PlanNode } from './check-plan.ts'

interface PostgresNode {
  readonly 'Node Type': string
  readonly Alias?: string
  readonly 'Parent Relationship'?: string
  readonly Plans?: readonly PostgresNode[]
}

const JOINS: ReadonlySet<string> = new Set(['Nested Loop', 'Hash Join', 'Merge Join'])

/** `explained` is what the one row of the answer holds. */
export function postgresPlan(explained: unknown): PlanNode {
  const [{ Plan: root }] = explained as [{ Plan: PostgresNode }]
  return planOf(root)
}

/** A scan has its alias, also one of a subquery or a CTE; plans beside the tree are not part of its joins. */
function planOf(node: PostgresNode): PlanNode {
  if (node.Alias !== undefined) return { names: [node.Alias], isJoin: false, children: [] }
  const children = (node.Plans ?? []).filter(
    (child) => child['Parent Relationship'] !== 'InitPlan' && child['Parent Relationship'] !== 'SubPlan',
  )
  return { names: [], isJoin: JOINS.has(node['Node Type']), children: children.map(planOf) }
}
