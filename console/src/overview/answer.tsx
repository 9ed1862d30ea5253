import type { Overview } from '@millrace/serve/api'
import styles from './answer.module.css'
import { Sentence } from './sentence.tsx'

/** "Can I trust the data now?", answered before anything else is read. */
export function Answer({ answer }: { readonly answer: Overview['answer'] }) {
  return (
    <section className={styles['answer']} data-trust={answer.trust} aria-label="Can I trust the data now?">
      <Seal trust={answer.trust} />
      <div className={styles['words']} aria-live="polite">
        <p className={styles['headline']}>{answer.headline}</p>
        <p className={styles['sentence']}>
          <Sentence text={answer.sentence} />
        </p>
      </div>
    </section>
  )
}

function Seal({ trust }: { readonly trust: Overview['answer']['trust'] }) {
  return (
    <svg className={styles['seal']} width="60" height="60" viewBox="0 0 60 60" aria-hidden="true">
      <circle className={styles['ripple']} cx="30" cy="30" r="28" />
      <circle className={styles['disc']} cx="30" cy="30" r="21" />
      {trust === 'yes' && <path className={styles['sign']} d="M21.500 30.800l5.900 5.900 11.300-12.600" />}
      {trust === 'wait' && <path className={styles['sign']} d="M30 20.500V30l6.200 4.200" />}
      {trust === 'no' && <path className={styles['sign']} d="M30 20.500v11.200M30 38.600v.2" />}
    </svg>
  )
}
