import type { Graph } from '@millrace/serve/api'
import { useMemo, useRef } from 'react'
import { Panel } from '../design/panel.tsx'
import { currentOf, STILL } from './current.ts'
import { pathOf } from './path.ts'
import { shownPart } from './shown-part.ts'
import styles from './thread.module.css'
import { ThreadList } from './thread-list.tsx'
import { ThreadPicture } from './thread-picture.tsx'
import { TroubleList } from './trouble-list.tsx'
import { useWidth } from './use-width.ts'

export interface ThreadProps {
  readonly graph: Graph
  readonly selected: string | null
  /** The page has lost its server: what is drawn is old, so nothing is shown to move. */
  readonly stale: boolean
  readonly onSelect: (id: string | null) => void
}

/** Narrower than this, the picture becomes a list with the same order. */
const PICTURE_WIDTH_LEAST = 680

/** The thread from source to delivery, as it moves. */
export function Thread({ graph, selected, stale, onSelect }: ThreadProps) {
  const frame = useRef<HTMLDivElement>(null)
  const width = useWidth(frame)
  const nodes = useMemo(() => new Map(graph.nodes.map((node) => [node.id, node])), [graph])
  const path = useMemo(() => (selected !== null && nodes.has(selected) ? pathOf(selected, graph.edges) : null), [graph, nodes, selected])
  const part = shownPart(graph, path)
  const edges = part.edges.map((edge) => ({
    ...edge,
    current: stale ? STILL : currentOf(edge, nodes),
    dimmed: path !== null && !(path.has(edge.from) && path.has(edge.to)),
  }))
  const toggle = (id: string): void => onSelect(id === selected ? null : id)
  const props = { nodes: part.nodes, edges, path, selected, compact: part.compact, onSelect: toggle }
  const left = part.hidden === 0 ? '' : ` · ${part.hidden} off this path are left out`
  return (
    <Panel title="The thread" note={noteOf(graph) + left}>
      {part.compact && <TroubleList nodes={graph.nodes} onSelect={onSelect} />}
      <div ref={frame} className={styles['frame']} data-compact={part.compact || undefined}>
        {width > 0 && (width < PICTURE_WIDTH_LEAST ? <ThreadList {...props} /> : <ThreadPicture {...props} width={width} />)}
      </div>
    </Panel>
  )
}

function noteOf({ nodes }: Graph): string {
  const counts = (['source', 'stream', 'model', 'delivery'] as const).flatMap((kind) => {
    const count = nodes.filter((node) => node.kind === kind).length
    const plural = kind === 'delivery' ? 'deliveries' : `${kind}s`
    return count === 0 ? [] : [`${count} ${count === 1 ? kind : plural}`]
  })
  return counts.join(' · ')
}
