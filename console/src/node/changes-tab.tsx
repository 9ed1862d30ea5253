import type { ChangeRecord, ChangesPage } from '@millrace/serve/api'
import { useState } from 'react'
import { ChangeRow } from '../changes/change-row.tsx'
import { Empty } from '../design/empty.tsx'
import { wholeText } from '../design/figures.ts'
import { identityOf } from '../live/feed-state.ts'
import { pathOf } from '../live/ask.ts'
import { useAnswer } from '../live/use-answer.ts'
import styles from './changes-tab.module.css'

const REFRESH_MS = 2000
const SHOWN_LIMIT = 50

/** The newest changes of one stream or model, straight from the log. */
export function ChangesTab({ stream, live }: { readonly stream: string; readonly live: readonly ChangeRecord[] }) {
  const [open, setOpen] = useState<string | null>(null)
  const [held, setHeld] = useState<ChangesPage | null>(null)
  // Most streams have one partition; where there are more, what came lately tells which is in use.
  const partition = live.find((change) => change.stream === stream)?.partition ?? 0
  const path = pathOf(['streams', stream, 'changes'], { partition, limit: SHOWN_LIMIT })
  const { answer, error } = useAnswer<ChangesPage>(path, REFRESH_MS)
  const page = held ?? answer
  if (page === null) return error === null ? <Empty title="Reading…" /> : <Empty title={error.message}>{error.hint}</Empty>
  if (page.changes.length === 0) return <Empty title="No change yet">It appears here a moment after it was committed.</Empty>
  const toggle = (id: string): void => {
    setOpen(open === id ? null : id)
    setHeld(open === id ? null : page)
  }
  return (
    <div className={styles['changes']}>
      <p className={styles['extent']}>
        positions {wholeText(page.first)} to {wholeText(Math.max(page.first, page.next - 1))} of partition {page.partition}
      </p>
      <ol className={styles['list']} aria-label={`Changes of ${stream}`}>
        {page.changes.toReversed().map((change) => {
          const id = identityOf(change)
          return <ChangeRow key={id} change={change} open={open === id} onToggle={() => toggle(id)} showStream={false} />
        })}
      </ol>
    </div>
  )
}
