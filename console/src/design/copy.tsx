import { useEffect, useState } from 'react'
import styles from './copy.module.css'

/** A command as one types it, that a click copies. */
export function CopyCommand({ command }: { readonly command: string }) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1500)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = (): void => {
    void navigator.clipboard.writeText(command).then(() => setCopied(true))
  }
  return (
    <button type="button" className={styles['copy']} onClick={copy} aria-label={`Copy the command: ${command}`}>
      <span className={styles['prompt']} aria-hidden="true">
        $
      </span>
      <code className={styles['command']}>{command}</code>
      <span className={styles['state']} aria-live="polite">
        {copied ? 'copied' : 'copy'}
      </span>
    </button>
  )
}
