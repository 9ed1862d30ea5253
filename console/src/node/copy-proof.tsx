import type { CopyProofState } from '@millrace/serve/api'
import { useState } from 'react'
import { Button } from '../design/button.tsx'
import { wholeText } from '../design/figures.ts'
import { Time } from '../design/time.tsx'
import { ask, AskError, pathOf } from '../live/ask.ts'
import styles from './copy-proof.module.css'

/** Whether the stream is what its source holds: the last comparison, and a button for the next. */
export function CopyProof({ copy }: { readonly copy: CopyProofState }) {
  const [fresh, setFresh] = useState<CopyProofState | null>(null)
  const [asking, setAsking] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const prove = async (): Promise<void> => {
    setAsking(true)
    setProblem(null)
    try {
      setFresh(await ask<CopyProofState>(pathOf(['streams', copy.stream, 'prove']), { method: 'POST' }))
    } catch (error) {
      setProblem(error instanceof AskError ? `${error.message} ${error.hint}` : String(error))
    } finally {
      setAsking(false)
    }
  }
  const shown = fresh !== null && (copy.atMs ?? 0) < (fresh.atMs ?? 0) ? fresh : copy
  return (
    <div className={styles['proof']} data-proof={shown.verdict}>
      <p className={styles['outcome']}>
        {shown.atMs === null ? (
          'It has not been compared with what the source holds. A proof reads the table once.'
        ) : (
          <>
            {shown.verdict === 'different'
              ? `${wholeText(shown.differentRows ?? 0)} of ${wholeText(shown.rows ?? 0)} rows differ`
              : `${wholeText(shown.rows ?? 0)} rows, equal in every value and type`}{' '}
            at {shown.place}, <Time atMs={shown.atMs} />
            {shown.tookMs !== null && `, in ${wholeText(shown.tookMs)} ms`}.
          </>
        )}
      </p>
      <Button onClick={() => void prove()} disabled={asking || shown.verdict === 'running'}>
        {asking || shown.verdict === 'running' ? 'Proving…' : 'Prove now'}
      </Button>
      {problem !== null && (
        <p className={styles['problem']} role="alert">
          {problem}
        </p>
      )}
    </div>
  )
}
