import type { Attempt, EventDetail } from '@millrace/serve/api'
import { useState } from 'react'
import { CellList } from '../changes/cell-list.tsx'
import { cellsOf } from '../changes/diff.ts'
import { Button } from '../design/button.tsx'
import { durationText } from '../design/figures.ts'
import { Time } from '../design/time.tsx'
import { ask, AskError, pathOf } from '../live/ask.ts'
import { useAnswer } from '../live/use-answer.ts'
import styles from './event-view.module.css'
import { TraceLine } from './trace-line.tsx'

const REFRESH_MS = 2000

/** One event: its way through, every attempt, what it told, and how to send it again. */
export function EventView({ delivery, id }: { readonly delivery: string; readonly id: string }) {
  const { answer: event, error, refresh } = useAnswer<EventDetail>(pathOf(['deliveries', delivery, 'events', id]), REFRESH_MS)
  if (event === null) return <p className={styles['wait']}>{error === null ? 'Reading…' : `${error.message} ${error.hint}`}</p>
  return (
    <div className={styles['event']}>
      <TraceLine trace={event.trace} />
      <section aria-label="Attempts">
        <div className={styles['head']}>
          <h3 className={styles['title']}>Attempts</h3>
          <code className={styles['id']} title="The id that no retry changes">
            {event.id}
          </code>
          <Resend event={event} onSent={refresh} />
        </div>
        <ol className={styles['attempts']}>
          {event.attemptsMade.map((attempt) => (
            <AttemptLine key={attempt.number} attempt={attempt} />
          ))}
          {event.attemptsMade.length === 0 && <li className={styles['none']}>None yet.</li>}
        </ol>
        {event.dueMs !== null && (
          <p className={styles['none']}>
            The next attempt is due <Due atMs={event.dueMs} />.
          </p>
        )}
      </section>
      {event.change !== null && (
        <section aria-label="The change">
          <h3 className={styles['title']}>What it tells</h3>
          <CellList cells={cellsOf(event.change)} />
        </section>
      )}
    </div>
  )
}

function AttemptLine({ attempt }: { readonly attempt: Attempt }) {
  return (
    <li className={styles['attempt']} data-failed={attempt.error !== null || undefined}>
      <span className={styles['number']}>{attempt.number}</span>
      <span className={styles['answer']}>{attempt.answer ?? 'none'}</span>
      <span className={styles['took']}>{durationText(attempt.tookMs)}</span>
      <span className={styles['error']} title={attempt.error ?? ''}>
        {attempt.error ?? 'accepted'}
      </span>
      <span className={styles['when']}>
        <Time atMs={attempt.startedMs} />
      </span>
    </li>
  )
}

function Resend({ event, onSent }: { readonly event: EventDetail; readonly onSent: () => void }) {
  const [state, setState] = useState<'idle' | 'sending' | 'sent'>('idle')
  const [problem, setProblem] = useState<string | null>(null)
  const send = async (): Promise<void> => {
    setState('sending')
    setProblem(null)
    try {
      await ask(pathOf(['deliveries', event.delivery, 'events', event.id, 'resend']), { method: 'POST' })
      setState('sent')
      onSent()
    } catch (error) {
      setState('idle')
      setProblem(error instanceof AskError ? `${error.message} ${error.hint}` : String(error))
    }
  }
  return (
    <>
      <Button onClick={() => void send()} disabled={state === 'sending'} title="Sends it once more, under the same id">
        {state === 'sending' ? 'Sending…' : state === 'sent' ? 'Sent again' : 'Resend'}
      </Button>
      {problem !== null && (
        <p className={styles['problem']} role="alert">
          {problem}
        </p>
      )}
    </>
  )
}

function Due({ atMs }: { readonly atMs: number }) {
  return <>{new Date(atMs).toLocaleTimeString('en-GB')}</>
}
