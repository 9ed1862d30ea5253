import type { ChangeRecord } from '@millrace/serve/api'
import { useState } from 'react'
import { Empty } from '../design/empty.tsx'
import { Panel } from '../design/panel.tsx'
import { identityOf } from '../live/feed-state.ts'
import { ChangeRow } from './change-row.tsx'
import styles from './changes-panel.module.css'

export interface ChangesPanelProps {
  /** The newest first. */
  readonly changes: readonly ChangeRecord[]
  /** Only this stream's or model's; null: all. */
  readonly only: string | null
  readonly onShowAll: () => void
}

const SHOWN_LIMIT = 60

/** The last changes as they come. Under the pointer, or with one open, the list stands still to be read. */
export function ChangesPanel({ changes, only, onShowAll }: ChangesPanelProps) {
  const [held, setHeld] = useState<readonly ChangeRecord[] | null>(null)
  const [open, setOpen] = useState<string | null>(null)
  const current = changes.filter((change) => only === null || change.stream === only)
  const shown = (held ?? current).filter((change) => only === null || change.stream === only).slice(0, SHOWN_LIMIT)
  const missed = held === null ? 0 : countBefore(current, held[0])
  const hold = (): void => setHeld((before) => before ?? changes)
  const release = (): void => {
    if (open === null) setHeld(null)
  }
  const toggle = (id: string): void => {
    setOpen(open === id ? null : id)
    hold()
  }
  const note = held === null ? 'as they come' : `paused${missed === 0 ? '' : ` · ${missed} new`}`
  const filter =
    only === null ? undefined : (
      <button type="button" className={styles['filter']} onClick={onShowAll} aria-label={`Only ${only}. Show all`}>
        {only} <span aria-hidden="true">×</span>
      </button>
    )
  return (
    <Panel title="Last changes" note={note} actions={filter}>
      {shown.length === 0 ? (
        <Empty title={only === null ? 'No change yet' : `No change of ${only} lately`}>
          {only === null ? 'Change a row in a source, and it appears here a moment later.' : 'Older ones are in its drawer, under Changes.'}
        </Empty>
      ) : (
        <ol className={styles['list']} aria-label="Last changes" onMouseEnter={hold} onMouseLeave={release} onFocus={hold} onBlur={release}>
          {shown.map((change) => {
            const id = identityOf(change)
            return <ChangeRow key={id} change={change} open={open === id} onToggle={() => toggle(id)} showStream={only === null} />
          })}
        </ol>
      )}
    </Panel>
  )
}

/** How many of the list are newer than what was first when it was held. */
function countBefore(changes: readonly ChangeRecord[], first: ChangeRecord | undefined): number {
  if (first === undefined) return changes.length
  return changes.filter((change) => change.cut > first.cut).length
}
