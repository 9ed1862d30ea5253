import type { GraphNode } from '@millrace/serve/api'
import { NodeCard } from './node-card.tsx'
import { ranksOf } from './ranks.ts'
import styles from './thread-list.module.css'
import type { ShownThread } from './thread-picture.tsx'

/** The thread for a narrow screen: rank under rank, joined by one channel that moves while anything does. */
export function ThreadList({ nodes, edges, path, selected, compact, onSelect }: ShownThread) {
  const ranks = ranksOf(
    nodes.map((node) => node.id),
    edges,
    (id) => id.startsWith('delivery:'),
  )
  const levels: GraphNode[][] = []
  for (const node of nodes) (levels[ranks.get(node.id) ?? 0] ??= []).push(node)
  return (
    <ol className={styles['levels']}>
      {levels.map((level, rank) => (
        <li
          key={level[0]?.id}
          className={styles['level']}
          data-moves={entersMoving(rank) || undefined}
          data-small={compact || level[0]?.kind === 'stream' || undefined}
        >
          {level.map((node) => (
            <NodeCard
              key={node.id}
              node={node}
              width={0}
              height={compact || node.kind === 'stream' ? 46 : 122}
              compact={compact}
              style={{ width: '100%' }}
              selected={node.id === selected}
              dimmed={path !== null && !path.has(node.id)}
              onSelect={onSelect}
            />
          ))}
        </li>
      ))}
    </ol>
  )

  function entersMoving(rank: number): boolean {
    return edges.some((edge) => ranks.get(edge.to) === rank && edge.current.state === 'moving')
  }
}
