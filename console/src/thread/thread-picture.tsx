import type { GraphEdge, GraphNode } from '@millrace/serve/api'
import { useEffect, useMemo, useRef } from 'react'
import type { Current } from './current.ts'
import { CurrentCanvas } from './current-canvas.tsx'
import { curveThrough } from './curve.ts'
import { type LayoutNode, layoutOf } from './layout.ts'
import { NodeCard } from './node-card.tsx'
import { CROWD_LEAST } from './shown-part.ts'
import styles from './thread-picture.module.css'

export interface ShownEdge extends GraphEdge {
  readonly current: Current
  readonly dimmed: boolean
}

export interface ShownThread {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly ShownEdge[]
  /** What belongs to the selected node's path; null where nothing is selected. */
  readonly path: ReadonlySet<string> | null
  readonly selected: string | null
  /** Each node is drawn as a line. */
  readonly compact: boolean
  readonly onSelect: (id: string) => void
}

type Sizes = Readonly<Record<GraphNode['kind'], { readonly width: number; readonly height: number }>>

const SIZE: Sizes = {
  source: { width: 196, height: 126 },
  stream: { width: 208, height: 46 },
  model: { width: 220, height: 126 },
  delivery: { width: 208, height: 126 },
}

/** Beside an open drawer the picture is narrow: the boxes give way before it has to scroll. */
const COMPACT_SIZE: Sizes = {
  source: { width: 138, height: 122 },
  stream: { width: 166, height: 46 },
  model: { width: 160, height: 122 },
  delivery: { width: 144, height: 122 },
}

const FULL_WIDTH_LEAST = 960

/** Room for the selection's outline at the picture's edges. */
const MARGIN = 3

/** A line a node, for a crowd. */
const LINE = { width: 208, height: 46 }
const LINE_SIZE: Sizes = { source: LINE, stream: LINE, model: LINE, delivery: LINE }

export function ThreadPicture({ nodes, edges, path, selected, compact, onSelect, width }: ShownThread & { readonly width: number }) {
  // The layout depends on what there is, not on how it is: it stays while figures move.
  const shape = JSON.stringify([nodes.map(({ id, kind }) => [id, kind]), edges.map(({ from, to }) => [from, to])])
  const { layout, curves } = useMemo(() => pictureOf(shape, width - 2 * MARGIN, compact), [shape, width, compact])
  const channels = edges.flatMap((edge) => {
    const curve = curves.get(`${edge.from} ${edge.to}`)
    return curve === undefined ? [] : [{ ...edge, id: `${edge.from} ${edge.to}`, curve }]
  })
  const picture = useRef<HTMLDivElement>(null)
  // Of a crowd the frame shows a part: what was chosen elsewhere must be within it.
  useEffect(() => {
    if (!compact || selected === null || !layout.nodes.has(selected)) return
    picture.current?.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [compact, selected, layout])
  return (
    <div ref={picture} className={styles['picture']} style={{ width: layout.width, height: layout.height, margin: MARGIN }}>
      <svg className={styles['channels']} width={layout.width} height={layout.height} aria-hidden="true">
        {channels.map(({ id, curve, current, dimmed }) => (
          <path key={id} d={curve.path} data-state={current.state} data-dimmed={dimmed || undefined} />
        ))}
      </svg>
      {/* Moving water over hundreds of channels would take the whole processor; their colour says which of them move. */}
      {nodes.length < CROWD_LEAST && <CurrentCanvas width={layout.width} height={layout.height} channels={channels} />}
      {nodes.map((node) => {
        const place = layout.nodes.get(node.id)
        if (place === undefined) return null
        return (
          <NodeCard
            key={node.id}
            node={node}
            width={place.width}
            height={place.height}
            compact={compact}
            style={{ position: 'absolute', left: place.x, top: place.y }}
            selected={node.id === selected}
            dimmed={path !== null && !path.has(node.id)}
            onSelect={onSelect}
          />
        )
      })}
    </div>
  )
}

function pictureOf(shape: string, width: number, compact: boolean) {
  const [nodes, edges] = JSON.parse(shape) as [[string, GraphNode['kind']][], [string, string][]]
  const sizes = compact ? LINE_SIZE : width < FULL_WIDTH_LEAST ? COMPACT_SIZE : SIZE
  const boxes: LayoutNode[] = nodes.map(([id, kind]) => ({ id, ...sizes[kind], last: kind === 'delivery' }))
  const layout = layoutOf(
    boxes,
    edges.map(([from, to]) => ({ from, to })),
    { columnGapLeast: 36, columnGapMost: 180, rowGap: 10, width },
  )
  return { layout, curves: new Map(layout.edges.map(({ from, to, points }) => [`${from} ${to}`, curveThrough(points)])) }
}
