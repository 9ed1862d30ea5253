import type { GraphNode } from '@millrace/serve/api'
import type { CSSProperties } from 'react'
import { durationText, rateText, wholeText } from '../design/figures.ts'
import { Spark } from '../design/spark.tsx'
import { VerdictGlyph } from '../design/verdict-glyph.tsx'
import styles from './node-card.module.css'

export interface NodeCardProps {
  readonly node: GraphNode
  readonly width: number
  readonly height: number
  /** A line with its name and its rate, as streams always are. */
  readonly compact: boolean
  readonly style?: CSSProperties
  readonly selected: boolean
  /** Off the path of what is selected. */
  readonly dimmed: boolean
  readonly onSelect: (id: string) => void
}

/** One thing on the thread: its name, how it is, how fast and how late, and its last two minutes. */
export function NodeCard({ node, width, height, compact, style, selected, dimmed, onSelect }: NodeCardProps) {
  const isLine = compact || node.kind === 'stream'
  return (
    <button
      type="button"
      className={styles['card']}
      data-kind={node.kind}
      data-line={isLine || undefined}
      data-verdict={node.verdict}
      data-selected={selected || undefined}
      data-dimmed={dimmed || undefined}
      data-node={node.id}
      aria-pressed={selected}
      aria-label={spoken(node)}
      title={node.name}
      style={{ width, height, ...style }}
      onClick={() => onSelect(node.id)}
    >
      <span className={styles['water']}>
        <Spark values={node.spark} height={isLine ? 13 : 26} points={60} />
      </span>
      {isLine ? <LineFace node={node} /> : <StageFace node={node} />}
    </button>
  )
}

function LineFace({ node }: { readonly node: GraphNode }) {
  const dot = node.name.indexOf('.')
  return (
    <span className={styles['row']}>
      <VerdictGlyph verdict={node.verdict} size={14} />
      <span className={styles['parts']}>
        <span className={styles['prefix']}>{node.name.slice(0, dot + 1)}</span>
        <span className={styles['name']}>{node.name.slice(dot + 1)}</span>
      </span>
      <span className={styles['rate']}>
        {rateText(node.rate.perSecond10)}
        <span className={styles['unit']}>/s</span>
      </span>
    </span>
  )
}

function StageFace({ node }: { readonly node: GraphNode }) {
  return (
    <>
      <span className={styles['row']}>
        <span className={styles['kind']}>{node.kind}</span>
        <span className={styles['verdict']}>
          <VerdictGlyph verdict={node.verdict} size={14} />
          <span className={styles['word']}>{node.verdict}</span>
        </span>
      </span>
      <span className={styles['name']}>{node.name}</span>
      <span className={styles['label']}>{node.proof === null ? node.label : <ProofLine proof={node.proof} />}</span>
      <span className={styles['figures']}>
        <span className={styles['rate']}>
          {rateText(node.rate.perSecond10)}
          <span className={styles['unit']}>/s</span>
        </span>
        <span className={styles['lag']}>{lagText(node)}</span>
      </span>
    </>
  )
}

function ProofLine({ proof }: { readonly proof: NonNullable<GraphNode['proof']> }) {
  const at = proof.cut === null ? '' : ` at ${wholeText(proof.cut)}`
  const text = { equal: `≡ proven${at}`, different: `≠ differs${at}`, running: 'proof is running…', never: 'not proven yet' }[proof.verdict]
  return (
    <span className={styles['proof']} data-proof={proof.verdict}>
      {text}
    </span>
  )
}

/** Of what is not heard from, nobody knows how late it is: the last figure would only comfort. */
function lagText({ lag, verdict }: GraphNode): string {
  return lag.nowMs === null || verdict === 'dead' || verdict === 'unknown' ? '' : durationText(lag.nowMs)
}

function spoken(node: GraphNode): string {
  const late = lagText(node)
  const lag = late === '' ? '' : `, ${late} behind`
  return `${node.kind} ${node.name}: ${node.verdict}, ${rateText(node.rate.perSecond10)} changes a second${lag}`
}
