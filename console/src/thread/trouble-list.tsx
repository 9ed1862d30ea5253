import type { GraphNode } from '@millrace/serve/api'
import { VerdictGlyph } from '../design/verdict-glyph.tsx'
import { troubled } from './shown-part.ts'
import styles from './trouble-list.module.css'

const SHOWN_LIMIT = 8

/** In a crowd nobody finds the one that is in trouble: here it is named, and one click from its path. */
export function TroubleList({ nodes, onSelect }: { readonly nodes: readonly GraphNode[]; readonly onSelect: (id: string) => void }) {
  const found = troubled(nodes)
  if (found.length === 0) return null
  return (
    <ul className={styles['list']} aria-label="In trouble">
      {found.slice(0, SHOWN_LIMIT).map((node) => (
        <li key={node.id}>
          <button
            type="button"
            className={styles['chip']}
            data-verdict={node.verdict}
            title={node.sentence}
            onClick={() => onSelect(node.id)}
          >
            <VerdictGlyph verdict={node.verdict} size={14} />
            <span className={styles['name']}>{node.name}</span>
          </button>
        </li>
      ))}
      {found.length > SHOWN_LIMIT && <li className={styles['more']}>and {found.length - SHOWN_LIMIT} more</li>}
    </ul>
  )
}
