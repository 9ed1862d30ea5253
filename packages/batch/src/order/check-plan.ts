/** Whether an engine's plan, as the engine itself explains it, joins in the order that was stated. */
import { namesIn, type Order } from './directives.ts'

/** A plan of any engine, as far as orders need it. */
export interface PlanNode {
  /** What a leaf reads, by the names that a SELECT could know it by; none within the tree. */
  readonly names: readonly string[]
  readonly isJoin: boolean
  readonly children: readonly PlanNode[]
}

export interface OrderVerdict {
  readonly order: Order
  readonly verdict: 'obeyed' | 'broken' | 'unseen'
  /** Relations that the plan does not show under their names: views and subqueries that were taken apart. */
  readonly unseen: readonly string[]
  /** The first part of the order that no join of the plan makes. */
  readonly missing: readonly string[] | null
}

/** `tableOf` gives the name by which the plan would show a relation of the FROM. */
export function checkOrder(plan: PlanNode, order: Order, tableOf: (name: string) => string): OrderVerdict {
  const shown = new Set(leavesOf(plan).flatMap(({ names }) => names))
  const names = namesIn(order)
  const unseen = names.filter((name) => !shown.has(tableOf(name)))
  const seen = names.filter((name) => !unseen.includes(name))
  if (seen.length < 2) return { order, verdict: 'unseen', unseen, missing: null }
  const tables = new Set(seen.map(tableOf))
  const made = new Set(joinsOf(plan).map((node) => bagOf(leavesOf(node).map((leaf) => leaf.names.find((name) => tables.has(name))))))
  for (const part of partsOf(order)) {
    const known = part.filter((name) => seen.includes(name))
    if (known.length > 1 && !made.has(bagOf(known.map(tableOf)))) return { order, verdict: 'broken', unseen, missing: known }
  }
  return { order, verdict: 'obeyed', unseen, missing: null }
}

/** Each set of relations that must be joined before anything else joins them. */
function partsOf(order: Order): readonly (readonly string[])[] {
  const inner = order.flatMap((part) => (typeof part === 'string' ? [] : partsOf(part)))
  return [...inner, ...order.slice(1).map((_, at) => namesIn(order.slice(0, at + 2)))]
}

function leavesOf(node: PlanNode): readonly PlanNode[] {
  return node.names.length > 0 ? [node] : node.children.flatMap(leavesOf)
}

function joinsOf(node: PlanNode): readonly PlanNode[] {
  return [...(node.isJoin ? [node] : []), ...node.children.flatMap(joinsOf)]
}

function bagOf(names: readonly (string | undefined)[]): string {
  return JSON.stringify(names.filter((name) => name !== undefined).toSorted())
}
