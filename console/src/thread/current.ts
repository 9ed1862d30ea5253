/** What moves along an edge, and how: a picture of the rate, never more than the verdicts allow. */
import type { GraphEdge, GraphNode } from '@millrace/serve/api'

export interface Current {
  /** `broken`: one end is dead or stalled, so nothing is shown to move. */
  readonly state: 'moving' | 'still' | 'broken'
  readonly perSecond: number
}

export const STILL: Current = { state: 'still', perSecond: 0 }

export function currentOf(edge: GraphEdge, nodes: ReadonlyMap<string, GraphNode>): Current {
  const from = nodes.get(edge.from)
  const to = nodes.get(edge.to)
  if (from === undefined || to === undefined) return STILL
  if (isBroken(to) || isBroken(from) || to.blame === from.id) return { state: 'broken', perSecond: 0 }
  // What enters a stream or leaves through a delivery is counted there; what a model reads, where it is written.
  const perSecond = to.kind === 'model' ? from.rate.perSecond10 : to.rate.perSecond10
  return perSecond > 0 ? { state: 'moving', perSecond } : STILL
}

function isBroken(node: GraphNode): boolean {
  return node.verdict === 'dead' || node.verdict === 'stalled'
}

/**
 * Drops per second on the picture, and their speed. The scale is that of magnitudes: ten times the rate
 * is a fixed step more, so that one change a second is visible beside a hundred thousand.
 */
export function dropsPerSecond(perSecond: number): number {
  return Math.min(14, 1.3 * Math.log2(1 + perSecond))
}

export function speedOf(perSecond: number): number {
  return Math.min(240, 70 + 18 * Math.log2(1 + perSecond))
}
