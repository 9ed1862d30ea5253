import type { Report } from '@millrace/serve/api'
import type { ReactNode } from 'react'
import styles from './verdict-glyph.module.css'

type Verdict = Report['verdict']

/** A shape of its own for each verdict, so that none is told by colour alone. */
const SHAPE: Readonly<Record<Verdict, ReactNode>> = {
  flowing: <circle cx="8" cy="8" r="4.5" fill="currentColor" />,
  quiet: <circle cx="8" cy="8" r="4" fill="none" stroke="currentColor" strokeWidth="2" />,
  lagging: (
    <>
      <circle cx="8" cy="8" r="4.75" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M8 3.250a4.750 4.750 0 0 1 0 9.500z" fill="currentColor" />
    </>
  ),
  unknown: (
    <path
      d="M5.600 6.200C5.600 4.700 6.700 3.600 8.100 3.600s2.400 1 2.400 2.300c0 1.900-2.400 2-2.400 3.900m0 2.600v.1"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.900"
      strokeLinecap="round"
    />
  ),
  stalled: <path d="M5.500 4v8M10.500 4v8" stroke="currentColor" strokeWidth="2.500" strokeLinecap="round" />,
  dead: <path d="M4.500 4.500l7 7M11.500 4.500l-7 7" stroke="currentColor" strokeWidth="2.400" strokeLinecap="round" />,
}

export function VerdictGlyph({ verdict, size = 16 }: { readonly verdict: Verdict; readonly size?: number }) {
  return (
    <svg className={styles['glyph']} data-verdict={verdict} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      {SHAPE[verdict]}
    </svg>
  )
}
