import type { ProofState } from '@millrace/serve/api'
import { useState } from 'react'
import { Button } from '../design/button.tsx'
import { wholeText } from '../design/figures.ts'
import { Time } from '../design/time.tsx'
import { ask, AskError, pathOf } from '../live/ask.ts'
import styles from './proof-card.module.css'
import { tallyOf } from './proof-tally.ts'

export interface ProofCardProps {
  readonly proofs: readonly ProofState[]
  readonly onOpen: (model: string) => void
}

/** What was compared with what, when, and with which outcome: the ground under the answer. */
export function ProofCard({ proofs, onOpen }: ProofCardProps) {
  const [asking, setAsking] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const { verdict, title, oldest } = tallyOf(proofs)
  if (oldest === null) return null
  const proveAll = async (): Promise<void> => {
    setAsking(true)
    setProblem(null)
    try {
      for (const { model } of proofs) await ask<ProofState>(pathOf(['models', model, 'prove']), { method: 'POST' })
    } catch (error) {
      setProblem(error instanceof AskError ? `${error.message} ${error.hint}` : String(error))
    } finally {
      setAsking(false)
    }
  }
  return (
    <section className={styles['card']} data-proof={verdict} aria-label="Proof">
      <span className={styles['sign']} aria-hidden="true">
        {verdict === 'different' ? '≠' : '≡'}
      </span>
      <div className={styles['words']}>
        <button type="button" className={styles['title']} onClick={() => onOpen(oldest.model)}>
          {title}
        </button>
        <p className={styles['facts']}>
          {oldest.atMs === null || oldest.cut === null ? (
            'live against batch, same SQL'
          ) : (
            <>
              {oldest.rows !== null && <span>{wholeText(oldest.rows)} rows</span>}
              <span>cut {wholeText(oldest.cut)}</span>
              <Time atMs={oldest.atMs} />
            </>
          )}
        </p>
        {problem !== null && (
          <p className={styles['problem']} role="alert">
            {problem}
          </p>
        )}
      </div>
      <Button onClick={() => void proveAll()} disabled={asking}>
        {asking ? 'Proving…' : 'Prove now'}
      </Button>
    </section>
  )
}
