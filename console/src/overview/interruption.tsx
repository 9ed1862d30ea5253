import { Time } from '../design/time.tsx'
import styles from './interruption.module.css'

/** The page has lost its server: it says so, and what it shows is marked as old. */
export function Interruption({ lastMs }: { readonly lastMs: number }) {
  return (
    <p className={styles['interruption']} role="alert">
      <span className={styles['dot']} aria-hidden="true" />
      <span>
        Reconnecting… What you see is from <Time atMs={lastMs} />.
      </span>
    </p>
  )
}
