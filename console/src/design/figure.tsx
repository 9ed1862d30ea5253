import type { ReactNode } from 'react'
import styles from './figure.module.css'

export interface FigureProps {
  readonly label: string
  readonly children: ReactNode
  readonly unit?: string
}

/** One measured value with its name. Digits have equal widths, so that nothing jumps as it counts. */
export function Figure({ label, unit, children }: FigureProps) {
  return (
    <div className={styles['figure']}>
      <dt className={styles['label']}>{label}</dt>
      <dd className={styles['value']}>
        {children}
        {unit !== undefined && <span className={styles['unit']}>{unit}</span>}
      </dd>
    </div>
  )
}

/** Digits of equal width inside a sentence or a cell. */
export function Digits({ children }: { readonly children: ReactNode }) {
  return <span className={styles['digits']}>{children}</span>
}
