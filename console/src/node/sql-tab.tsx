import type { ModelDetail } from '@millrace/serve/api'
import { Code } from '../design/code.tsx'
import { Empty } from '../design/empty.tsx'
import { Figure } from '../design/figure.tsx'
import { wholeText } from '../design/figures.ts'
import { Time } from '../design/time.tsx'
import { pathOf } from '../live/ask.ts'
import { useAnswer } from '../live/use-answer.ts'
import { Sentence } from '../overview/sentence.tsx'
import styles from './sql-tab.module.css'

const REFRESH_MS = 3000

/** What a model is: its SQL, what it reads, what it yields, and whether that was proven. */
export function SqlTab({ model, onNode }: { readonly model: string; readonly onNode: (id: string) => void }) {
  const { answer: detail, error } = useAnswer<ModelDetail>(pathOf(['models', model]), REFRESH_MS)
  if (detail === null) return error === null ? <Empty title="Reading…" /> : <Empty title={error.message}>{error.hint}</Empty>
  const { proof } = detail
  return (
    <div className={styles['sql']}>
      {detail.whyStale !== null && (
        <p className={styles['stale']}>
          <strong>Why stale?</strong> <Sentence text={detail.whyStale} />
        </p>
      )}
      <section>
        <p className={styles['file']}>{detail.file}</p>
        <Code sql={detail.sql} label={`SQL of ${model}`} />
      </section>
      <dl className={styles['figures']}>
        {detail.rows !== null && <Figure label="rows">{wholeText(detail.rows)}</Figure>}
        {detail.stateRows !== null && <Figure label="rows kept to stay live">{wholeText(detail.stateRows)}</Figure>}
        {detail.asOf !== null && <Figure label="as of cut">{wholeText(detail.asOf)}</Figure>}
        {detail.subscribers > 0 && <Figure label="subscribers">{wholeText(detail.subscribers)}</Figure>}
      </dl>
      <section>
        <h3 className={styles['title']}>Proof: live = batch</h3>
        <p className={styles['proof']} data-proof={proof.verdict}>
          {proof.atMs === null || proof.cut === null ? (
            'It has not been compared with the same SQL computed afresh.'
          ) : (
            <>
              {proof.verdict === 'different'
                ? `${wholeText(proof.differentRows ?? 0)} of ${wholeText(proof.rows ?? 0)} rows differ`
                : `${wholeText(proof.rows ?? 0)} rows, equal in every value and type`}{' '}
              at cut {wholeText(proof.cut)}, <Time atMs={proof.atMs} />
              {proof.tookMs !== null && `, in ${wholeText(proof.tookMs)} ms`}.
              {proof.ties.length > 0 &&
                ` Rows may tie, and each side may be right: order by a column more, which tells all rows apart, in ${proof.ties.join(', ')}.`}
            </>
          )}
        </p>
      </section>
      <section>
        <h3 className={styles['title']}>Reads</h3>
        <ul className={styles['inputs']}>
          {detail.inputs.map(({ name, kind }) => (
            <li key={name}>
              <button type="button" className={styles['input']} onClick={() => onNode(`${kind}:${name}`)}>
                {name}
              </button>
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h3 className={styles['title']}>Yields</h3>
        <dl className={styles['columns']}>
          {detail.columns.map(({ name, type, nullable }) => (
            <div key={name}>
              <dt>
                {name}
                {detail.key.includes(name) && <span className={styles['key']}>key</span>}
              </dt>
              <dd>
                {type}
                {!nullable && <span className={styles['faint']}> not null</span>}
              </dd>
            </div>
          ))}
        </dl>
      </section>
    </div>
  )
}
