import type { ParkedTableState } from '@millrace/serve/api'
import { useState } from 'react'
import { Button } from '../design/button.tsx'
import { Time } from '../design/time.tsx'
import { ask, AskError, pathOf } from '../live/ask.ts'
import styles from './parked-table-notice.module.css'

/** A table that changed its shape: why its stream stands still, and the button that takes it as it is now. */
export function ParkedTableNotice({ table, onAccepted }: { readonly table: ParkedTableState; readonly onAccepted: () => void }) {
  const [asking, setAsking] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const accept = async (): Promise<void> => {
    setAsking(true)
    setProblem(null)
    try {
      await ask<ParkedTableState>(pathOf(['streams', table.stream, 'accept']), { method: 'POST' })
      onAccepted()
    } catch (error) {
      setProblem(error instanceof AskError ? `${error.message} ${error.hint}` : String(error))
    } finally {
      setAsking(false)
    }
  }
  return (
    <section className={styles['notice']} aria-label={`${table.stream} is set aside`}>
      <p className={styles['title']}>{table.stream} stands still</p>
      <p className={styles['what']}>
        {table.what}, <Time atMs={table.sinceMs} />. Accepting it gives the stream the table’s new shape; its rows are read anew, deletes
        included.
      </p>
      {table.accepted ? (
        <p className={styles['what']}>Accepted: its rows are about to be read.</p>
      ) : (
        <Button onClick={() => void accept()} disabled={asking}>
          {asking ? 'Accepting…' : 'Accept the new shape'}
        </Button>
      )}
      {problem !== null && (
        <p className={styles['problem']} role="alert">
          {problem}
        </p>
      )}
    </section>
  )
}
