import { type ReactNode, useId } from 'react'
import { classes } from './classes.ts'
import styles from './panel.module.css'

export interface PanelProps {
  readonly title: string
  /** Beside the title: a count, a state. */
  readonly note?: ReactNode
  /** At the far end: what can be done with the whole panel. */
  readonly actions?: ReactNode
  readonly className?: string | undefined
  readonly children: ReactNode
}

/** A titled region of the page. */
export function Panel({ title, note, actions, className, children }: PanelProps) {
  const id = useId()
  return (
    <section className={classes(styles['panel'], className)} aria-labelledby={id}>
      <header className={styles['head']}>
        <h2 id={id} className={styles['title']}>
          {title}
        </h2>
        {note !== undefined && <span className={styles['note']}>{note}</span>}
        {actions !== undefined && <div className={styles['actions']}>{actions}</div>}
      </header>
      {children}
    </section>
  )
}
