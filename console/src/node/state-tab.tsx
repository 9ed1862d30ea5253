import type { GraphNode } from '@millrace/serve/api'
import { CopyCommand } from '../design/copy.tsx'
import { Digits, Figure } from '../design/figure.tsx'
import { durationText, rateText, wholeText } from '../design/figures.ts'
import { Spark } from '../design/spark.tsx'
import { Time } from '../design/time.tsx'
import { Sentence } from '../overview/sentence.tsx'
import { commandsFor } from './commands.ts'
import { CopyProof } from './copy-proof.tsx'
import { evidenceName, evidenceText } from './evidence.ts'
import styles from './state-tab.module.css'

/** Why the verdict is what it is, with all its evidence, and what to do. */
export function StateTab({ node, onNode }: { readonly node: GraphNode; readonly onNode: (id: string) => void }) {
  const { rate, lag, spark, blame, error } = node
  const peak = Math.max(0, ...spark)
  const evidence = Object.entries(node.evidence)
  return (
    <div className={styles['state']}>
      <p className={styles['sentence']}>
        <Sentence text={node.sentence} />
      </p>
      {blame !== null && (
        <button type="button" className={styles['blame']} onClick={() => onNode(blame)}>
          The cause: {blame.replace(':', ' ')} <span aria-hidden="true">→</span>
        </button>
      )}
      {error !== null && (
        <div className={styles['error']} role="alert">
          <p className={styles['code']}>{error.code}</p>
          {!node.sentence.includes(error.message) && (
            <>
              <p>{error.message}</p>
              <p className={styles['hint']}>
                <Sentence text={error.hint} />
              </p>
            </>
          )}
        </div>
      )}

      <figure className={styles['chart']} data-verdict={node.verdict}>
        <Spark values={spark} height={72} label={`Changes a second in the last two minutes, at most ${rateText(peak)}`} />
        <figcaption className={styles['caption']}>
          <span>2 min ago</span>
          <span>peak {rateText(peak)}/s</span>
          <span>now</span>
        </figcaption>
      </figure>

      <dl className={styles['figures']}>
        <Figure label="now" unit="/s">
          {rateText(rate.perSecond1)}
        </Figure>
        <Figure label="10 s" unit="/s">
          {rateText(rate.perSecond10)}
        </Figure>
        <Figure label="1 min" unit="/s">
          {rateText(rate.perSecond60)}
        </Figure>
        {lag.nowMs !== null && <Figure label="lag now">{durationText(lag.nowMs)}</Figure>}
        {lag.p50Ms !== null && <Figure label="lag p50">{durationText(lag.p50Ms)}</Figure>}
        {lag.p99Ms !== null && <Figure label="lag p99">{durationText(lag.p99Ms)}</Figure>}
        <Figure label="since start">{wholeText(node.changes)}</Figure>
        {node.backlog !== null && <Figure label="waiting">{wholeText(node.backlog)}</Figure>}
        {node.lastChangeMs !== null && (
          <Figure label="last change">
            <Time atMs={node.lastChangeMs} />
          </Figure>
        )}
      </dl>

      {node.copy !== null && (
        <section>
          <h3 className={styles['title']}>Proof: copy = source</h3>
          <CopyProof key={node.copy.stream} copy={node.copy} />
        </section>
      )}

      {evidence.length > 0 && (
        <section>
          <h3 className={styles['title']}>Evidence</h3>
          <dl className={styles['evidence']}>
            {node.lastContactMs !== null && (
              <div>
                <dt>last sign of life</dt>
                <dd>
                  <Time atMs={node.lastContactMs} />
                </dd>
              </div>
            )}
            {evidence.map(([name, value]) => (
              <div key={name}>
                <dt>{evidenceName(name)}</dt>
                <dd>
                  <Digits>{evidenceText(name, value)}</Digits>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}

      <section>
        <h3 className={styles['title']}>In a terminal</h3>
        <div className={styles['commands']}>
          {commandsFor(node).map((command) => (
            <CopyCommand key={command} command={command} />
          ))}
        </div>
      </section>
    </div>
  )
}
