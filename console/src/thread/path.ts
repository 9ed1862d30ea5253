import type { GraphEdge } from '@millrace/serve/api'

/** A node with everything upstream and everything downstream of it. */
export function pathOf(id: string, edges: readonly GraphEdge[]): ReadonlySet<string> {
  return new Set([...reached(id, edges, 'from', 'to'), ...reached(id, edges, 'to', 'from')])
}

function reached(id: string, edges: readonly GraphEdge[], near: 'from' | 'to', far: 'from' | 'to'): ReadonlySet<string> {
  const next = new Map<string, string[]>()
  for (const edge of edges) next.set(edge[near], [...(next.get(edge[near]) ?? []), edge[far]])
  // A set may grow while it is walked: each id is visited once.
  const seen = new Set([id])
  for (const each of seen) for (const other of next.get(each) ?? []) seen.add(other)
  return seen
}
