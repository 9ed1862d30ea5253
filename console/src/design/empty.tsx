import type { ReactNode } from 'react'
import styles from './empty.module.css'

/** What stands where there is nothing yet: why, and what would bring something. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className={styles['empty']}>
      <svg className={styles['wave']} width="44" height="20" viewBox="0 0 44 20" aria-hidden="true">
        <path d="M2 8c5 0 5-4 10-4s5 4 10 4 5-4 10-4 5 4 10 4" />
        <path d="M2 16c5 0 5-4 10-4s5 4 10 4 5-4 10-4 5 4 10 4" />
      </svg>
      <p className={styles['title']}>{title}</p>
      {children !== undefined && <div className={styles['text']}>{children}</div>}
    </div>
  )
}
