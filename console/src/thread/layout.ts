/**
 * The picture of the thread: columns from source to delivery, few crossings, no overlaps. Pure and fast,
 * so that it can be done anew whenever a node comes or goes.
 */
import type { GraphEdge } from '@millrace/serve/api'
import { ordered } from './order.ts'
import { placed } from './place.ts'
import { ranksOf } from './ranks.ts'

export interface LayoutNode {
  readonly id: string
  readonly width: number
  readonly height: number
  /** An end of the thread: it stands in the last column. Nothing may come after it. */
  readonly last?: boolean
}

export interface LayoutOptions {
  /** Room between two columns: as much as the frame gives, within these. */
  readonly columnGapLeast: number
  readonly columnGapMost: number
  readonly rowGap: number
  /** The width to be filled where it suffices. */
  readonly width: number
}

export interface PlacedNode extends LayoutNode {
  readonly x: number
  readonly y: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface PlacedEdge extends GraphEdge {
  /** From the right side of one box, through the bends, to the left side of the other. */
  readonly points: readonly Point[]
}

export interface Layout {
  readonly width: number
  readonly height: number
  readonly nodes: ReadonlyMap<string, PlacedNode>
  readonly edges: readonly PlacedEdge[]
}

const STRAIGHTENING_ROUNDS = 8

export function layoutOf(nodes: readonly LayoutNode[], edges: readonly GraphEdge[], options: LayoutOptions): Layout {
  const ends = new Set(nodes.flatMap((node) => (node.last === true ? [node.id] : [])))
  const ranks = ranksOf(
    nodes.map((node) => node.id),
    edges,
    (id) => ends.has(id),
  )
  const bent = withBends(nodes, edges, ranks)
  const columns = ordered(bent)
  const sizes = new Map(nodes.map((node) => [node.id, node]))
  const middles = straightened(columns, bent.segments, (id) => sizes.get(id)?.height ?? 0, options.rowGap)
  const { lefts, widths, width } = columnFrames(columns, sizes, options)

  const top = Math.min(...columns.flat().map((id) => (middles.get(id) ?? 0) - (sizes.get(id)?.height ?? 0) / 2), Infinity)
  const shift = Number.isFinite(top) ? -top : 0
  const placedNodes = new Map<string, PlacedNode>()
  for (const node of nodes) {
    const rank = ranks.get(node.id) ?? 0
    const x = (lefts[rank] ?? 0) + ((widths[rank] ?? 0) - node.width) / 2
    placedNodes.set(node.id, { ...node, x, y: (middles.get(node.id) ?? 0) + shift - node.height / 2 })
  }
  const bendAt = (id: string, rank: number): Point[] => {
    const y = (middles.get(id) ?? 0) + shift
    return [
      { x: lefts[rank] ?? 0, y },
      { x: (lefts[rank] ?? 0) + (widths[rank] ?? 0), y },
    ]
  }
  return {
    width,
    height: Math.max(0, ...[...placedNodes.values()].map((node) => node.y + node.height)),
    nodes: placedNodes,
    edges: bent.paths.flatMap(({ edge, bends }) => {
      const from = placedNodes.get(edge.from)
      const to = placedNodes.get(edge.to)
      if (from === undefined || to === undefined) return []
      const middle = bends.flatMap((id, at) => bendAt(id, (ranks.get(edge.from) ?? 0) + 1 + at))
      const first = { x: from.x + from.width, y: from.y + from.height / 2 }
      return [{ ...edge, points: [first, ...middle, { x: to.x, y: to.y + to.height / 2 }] }]
    }),
  }
}

interface Bent {
  readonly columns: readonly (readonly string[])[]
  readonly segments: readonly GraphEdge[]
  readonly paths: readonly { readonly edge: GraphEdge; readonly bends: readonly string[] }[]
}

/** An edge over several columns gets a bend in each, which is ordered and placed like a node. */
function withBends(nodes: readonly LayoutNode[], edges: readonly GraphEdge[], ranks: ReadonlyMap<string, number>): Bent {
  const columns: string[][] = Array.from({ length: Math.max(0, ...ranks.values()) + 1 }, () => [])
  for (const { id } of nodes) columns[ranks.get(id) ?? 0]?.push(id)
  const segments: GraphEdge[] = []
  const paths = edges.flatMap((edge, number) => {
    const from = ranks.get(edge.from)
    const to = ranks.get(edge.to)
    if (from === undefined || to === undefined || to <= from) return []
    const bends = Array.from({ length: to - from - 1 }, (_, at) => `bend ${number} ${at}`)
    for (const [at, bend] of bends.entries()) columns[from + 1 + at]?.push(bend)
    const stops = [edge.from, ...bends, edge.to]
    for (const [at, stop] of stops.slice(1).entries()) segments.push({ from: stops[at] ?? '', to: stop })
    return [{ edge, bends }]
  })
  return { columns, segments, paths }
}

/** Middles of all nodes and bends: pulled towards their neighbours from both sides, never overlapping. */
function straightened(
  columns: readonly (readonly string[])[],
  segments: readonly GraphEdge[],
  heightOf: (id: string) => number,
  gap: number,
): ReadonlyMap<string, number> {
  const near = new Map<string, string[]>()
  for (const { from, to } of segments) {
    near.set(from, [...(near.get(from) ?? []), to])
    near.set(to, [...(near.get(to) ?? []), from])
  }
  const middles = new Map<string, number>()
  const wishOf = (id: string): number => {
    const known = (near.get(id) ?? []).flatMap((other) => middles.get(other) ?? [])
    return known.length === 0 ? (middles.get(id) ?? 0) : known.reduce((sum, value) => sum + value, 0) / known.length
  }
  for (let round = 0; round < STRAIGHTENING_ROUNDS; round += 1) {
    for (const column of round % 2 === 0 ? columns : columns.toReversed()) {
      const boxes = column.map((id) => ({ size: heightOf(id), wish: wishOf(id) }))
      for (const [at, middle] of placed(boxes, gap).entries()) middles.set(column[at] ?? '', middle)
    }
  }
  return middles
}

function columnFrames(columns: readonly (readonly string[])[], sizes: ReadonlyMap<string, LayoutNode>, options: LayoutOptions) {
  const widths = columns.map((column) => Math.max(0, ...column.map((id) => sizes.get(id)?.width ?? 0)))
  const boxes = widths.reduce((sum, width) => sum + width, 0)
  const gaps = Math.max(1, columns.length - 1)
  const gap = Math.min(options.columnGapMost, Math.max(options.columnGapLeast, (options.width - boxes) / gaps))
  const lefts: number[] = []
  let x = 0
  for (const width of widths) {
    lefts.push(x)
    x += width + gap
  }
  return { lefts, widths, width: Math.max(0, x - gap) }
}
