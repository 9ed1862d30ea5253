import { type ReactNode, useEffect, useRef } from 'react'
import { Button } from './button.tsx'
import styles from './drawer.module.css'

export interface DrawerProps {
  readonly label: string
  readonly heading: ReactNode
  readonly onClose: () => void
  readonly children: ReactNode
}

/**
 * A side panel over the page, which stays in use beside it. Escape closes it; the focus goes in when it
 * opens and back to where it was when it closes.
 */
export function Drawer({ label, heading, onClose, children }: DrawerProps) {
  const element = useRef<HTMLElement>(null)
  useEffect(() => {
    const before = document.activeElement
    element.current?.focus({ preventScroll: true })
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
    }
  }, [])
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !event.defaultPrevented) onClose()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [onClose])
  return (
    <aside ref={element} role="dialog" aria-label={label} tabIndex={-1} className={styles['drawer']}>
      <header className={styles['head']}>
        <div className={styles['heading']}>{heading}</div>
        <Button look="bare" aria-label="Close" title="Close (Esc)" onClick={onClose} className={styles['close']}>
          <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
            <path d="M2 2l10 10M12 2L2 12" stroke="currentColor" strokeWidth="1.600" strokeLinecap="round" />
          </svg>
        </Button>
      </header>
      <div className={styles['body']}>{children}</div>
    </aside>
  )
}
