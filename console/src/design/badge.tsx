import type { Report } from '@millrace/serve/api'
import type { ReactNode } from 'react'
import styles from './badge.module.css'
import { VerdictGlyph } from './verdict-glyph.tsx'

export type Tone = Report['verdict'] | 'plain'

/** A small word with a tone: a status, a kind, an operation. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <span className={styles['badge']} data-tone={tone}>
      {children}
    </span>
  )
}

export function VerdictBadge({ verdict }: { readonly verdict: Report['verdict'] }) {
  return (
    <Badge tone={verdict}>
      <VerdictGlyph verdict={verdict} size={13} />
      {verdict}
    </Badge>
  )
}
