import type { Trace } from '@millrace/serve/api'
import { absoluteText, durationText } from '../design/figures.ts'
import styles from './trace-line.module.css'
import { traceSteps, wholeWayMs } from './trace-steps.ts'

/** The way of one change: committed → logged → live → sent → answered, with the time of each step. */
export function TraceLine({ trace }: { readonly trace: Trace }) {
  const whole = wholeWayMs(trace)
  return (
    <div className={styles['trace']}>
      <ol className={styles['steps']} aria-label="The way of this change">
        {traceSteps(trace).map(({ name, meaning, atMs, sinceMs }) => (
          <li
            key={name}
            className={styles['step']}
            data-reached={atMs !== null || undefined}
            title={atMs === null ? `${meaning}: not yet` : `${meaning}: ${absoluteText(atMs)}`}
          >
            <span className={styles['since']}>{sinceMs === null ? '' : `+${durationText(sinceMs)}`}</span>
            <span className={styles['dot']} aria-hidden="true" />
            <span className={styles['name']}>{name}</span>
          </li>
        ))}
      </ol>
      {whole !== null && <p className={styles['whole']}>{durationText(whole)} from the commit in the source</p>}
    </div>
  )
}
