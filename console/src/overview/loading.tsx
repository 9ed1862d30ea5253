import { useEffect, useState } from 'react'
import styles from './loading.module.css'

/** Before the first word: the page's own shape, and after a while what may be wrong. */
export function Loading() {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 3000)
    return () => clearTimeout(timer)
  }, [])
  return (
    <main className={styles['loading']} aria-busy="true">
      <p className={late ? styles['late'] : 'visually-hidden'} role="status">
        {late ? (
          <>
            Millrace does not answer yet. Look whether <code>millrace start</code> runs; this page tries again by itself.
          </>
        ) : (
          'Reading…'
        )}
      </p>
      <div className={styles['shape']} data-shape="answer" />
      <div className={styles['shape']} data-shape="thread" />
      <div className={styles['shape']} data-shape="list" />
    </main>
  )
}
