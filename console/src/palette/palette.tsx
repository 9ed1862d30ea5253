import type { GraphNode } from '@millrace/serve/api'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { VerdictGlyph } from '../design/verdict-glyph.tsx'
import styles from './palette.module.css'
import { rankMatches } from './rank-matches.ts'

export interface PaletteProps {
  readonly nodes: readonly GraphNode[]
  readonly onChoose: (id: string) => void
  readonly onClose: () => void
}

const SHOWN_LIMIT = 12

/** Type a few letters of a name, press Enter, be there. */
export function Palette({ nodes, onChoose, onClose }: PaletteProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  useEffect(() => dialog.current?.showModal(), [])
  const choices = nodes.map((node) => ({ id: node.id, title: node.name, note: node.kind, node }))
  const shown = rankMatches(typed, choices).slice(0, SHOWN_LIMIT)
  const marked = Math.min(at, shown.length - 1)
  const choose = (id: string | undefined): void => {
    if (id === undefined) return
    onClose()
    onChoose(id)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setAt(Math.min(marked + 1, shown.length - 1))
    else if (event.key === 'ArrowUp') setAt(Math.max(marked - 1, 0))
    else if (event.key === 'Enter') choose(shown[marked]?.id)
    else return
    event.preventDefault()
  }
  return (
    <dialog
      ref={dialog}
      className={styles['palette']}
      aria-label="Jump to a node"
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) onClose()
      }}
    >
      <input
        className={styles['input']}
        type="text"
        placeholder="Jump to a source, stream, model or delivery"
        aria-label="Name"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={shown[marked] === undefined ? undefined : `palette-${marked}`}
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value)
          setAt(0)
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette-list" role="listbox" aria-label="Nodes" className={styles['list']}>
        {shown.map(({ id, title, note, node }, index) => (
          <li
            key={id}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === marked}
            className={styles['choice']}
            onMouseMove={() => setAt(index)}
            onClick={() => choose(id)}
          >
            <VerdictGlyph verdict={node.verdict} />
            <span className={styles['title']}>{title}</span>
            <span className={styles['note']}>{note}</span>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p className={styles['none']}>Nothing has that name.</p>}
    </dialog>
  )
}
