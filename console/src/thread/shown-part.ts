import type { Graph, GraphEdge, GraphNode } from '@millrace/serve/api'

/** From so many nodes on, a thread is drawn small, and only the selected path of it. */
export const CROWD_LEAST = 48

export interface ShownPart {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  /** Every node is drawn as a line, because there are so many in all. */
  readonly compact: boolean
  /** How many are left out. */
  readonly hidden: number
}

/** What is drawn of a thread: all of it, or of a crowd only what belongs to the selected node's path. */
export function shownPart({ nodes, edges }: Pick<Graph, 'nodes' | 'edges'>, path: ReadonlySet<string> | null): ShownPart {
  const compact = nodes.length >= CROWD_LEAST
  if (!compact || path === null) return { nodes, edges, compact, hidden: 0 }
  const shown = nodes.filter(({ id }) => path.has(id))
  return {
    nodes: shown,
    edges: edges.filter(({ from, to }) => path.has(from) && path.has(to)),
    compact,
    hidden: nodes.length - shown.length,
  }
}

const WORST_FIRST = ['dead', 'stalled', 'lagging'] as const

/** Nodes that are in trouble of their own, the worst first. What is only behind it is `unknown`. */
export function troubled(nodes: readonly GraphNode[]): GraphNode[] {
  return WORST_FIRST.flatMap((verdict) => nodes.filter((node) => node.verdict === verdict))
}
