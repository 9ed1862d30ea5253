import type { ParkedDetail, ParkedReplayed } from '@millrace/serve/api'
import { useState } from 'react'
import { Button } from '../design/button.tsx'
import { ask, AskError, pathOf } from '../live/ask.ts'
import { useAnswer } from '../live/use-answer.ts'
import styles from './parked-view.module.css'

/** A record that waits does not change by itself: looking again is only for what another person did. */
const REFRESH_MS = 10_000

/** One record: what came, why it was not taken, and its row to be mended. */
export function ParkedView({ id, onSettled }: { readonly id: string; readonly onSettled: () => void }) {
  const { answer: record, error } = useAnswer<ParkedDetail>(pathOf(['parked', id]), REFRESH_MS)
  const [written, setWritten] = useState<string | null>(null)
  const [state, setState] = useState<'idle' | 'busy'>('idle')
  const [problem, setProblem] = useState<string | null>(null)
  if (record === null) return <p className={styles['wait']}>{error === null ? 'Reading…' : `${error.message} ${error.hint}`}</p>

  const row = written ?? JSON.stringify(record.row ?? {}, null, 2)
  const act = async (work: () => Promise<void>): Promise<void> => {
    setState('busy')
    setProblem(null)
    try {
      await work()
      onSettled()
    } catch (raised) {
      setProblem(raised instanceof AskError ? `${raised.message} ${raised.hint}` : String(raised))
    } finally {
      setState('idle')
    }
  }
  const replay = async (): Promise<void> => {
    if (written !== null)
      await ask<ParkedDetail>(pathOf(['parked', id, 'fix']), { method: 'POST', body: { row: JSON.parse(written) as object } })
    await ask<ParkedReplayed>(pathOf(['parked', id, 'replay']), { method: 'POST' })
  }
  const drop = async (): Promise<void> => {
    await ask<ParkedDetail>(pathOf(['parked', id, 'drop']), { method: 'POST' })
  }

  return (
    <div className={styles['record']}>
      <p className={styles['reason']}>
        <code>{record.code}</code> {record.reason}
      </p>
      <dl className={styles['facts']}>
        <dt>where</dt>
        <dd>{record.place}</dd>
        <dt>came</dt>
        <dd>
          <code className={styles['raw']}>{record.raw}</code>
        </dd>
      </dl>
      <label className={styles['label']} htmlFor={`row-${id}`}>
        The row, as it is to be taken
      </label>
      <textarea
        id={`row-${id}`}
        className={styles['editor']}
        spellCheck={false}
        rows={Math.min(14, row.split('\n').length)}
        value={row}
        onChange={(event) => setWritten(event.target.value)}
      />
      <div className={styles['actions']}>
        <Button onClick={() => void act(replay)} disabled={state === 'busy'} title="Puts it into its stream, under its old identity">
          {state === 'busy' ? 'Working…' : written === null ? 'Replay' : 'Mend and replay'}
        </Button>
        <Button look="bare" onClick={() => void act(drop)} disabled={state === 'busy'} title="Lets it go for good">
          Let it go
        </Button>
        <code className={styles['id']}>{id}</code>
      </div>
      {problem !== null && (
        <p className={styles['problem']} role="alert">
          {problem}
        </p>
      )}
    </div>
  )
}
