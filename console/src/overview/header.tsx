import type { Overview } from '@millrace/serve/api'
import { Button } from '../design/button.tsx'
import { durationText, wholeText } from '../design/figures.ts'
import { useNow } from '../design/now.ts'
import type { Theme } from '../design/theme.ts'
import type { Connection } from '../live/feed-state.ts'
import styles from './header.module.css'

export interface HeaderProps {
  readonly overview: Overview | null
  readonly connection: Connection
  readonly theme: Theme
  readonly onTheme: (theme: Theme) => void
  readonly onSearch: () => void
}

const NEXT_THEME: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' }
const THEME_TITLE: Readonly<Record<Theme, string>> = { auto: 'as the system', light: 'light', dark: 'dark' }

export function Header({ overview, connection, theme, onTheme, onSearch }: HeaderProps) {
  const nowMs = useNow()
  return (
    <header className={styles['header']}>
      <a className={styles['brand']} href="./#" aria-label="Millrace, to the overview">
        <Mark />
        <span>Millrace</span>
      </a>
      {overview !== null && (
        <>
          <span className={styles['slash']} aria-hidden="true">
            /
          </span>
          <h1 className={styles['project']}>{overview.project}</h1>
        </>
      )}
      <div className={styles['side']}>
        {overview !== null && (
          <dl className={styles['facts']}>
            <div>
              <dt>cut</dt>
              <dd>{wholeText(overview.cut)}</dd>
            </div>
            <div className={styles['uptime']}>
              <dt>up</dt>
              <dd>{durationText(Math.max(0, nowMs - overview.startedMs))}</dd>
            </div>
          </dl>
        )}
        <span className={styles['connection']} data-connection={connection} role="status">
          <span className={styles['dot']} aria-hidden="true" />
          <span className={styles['connection-text']}>{connection === 'live' ? 'live' : `${connection}…`}</span>
        </span>
        <Button onClick={onSearch} aria-label="Jump to a node" title="Jump to a node (⌘K or Ctrl+K)">
          <svg width="13" height="13" viewBox="0 0 13 13" aria-hidden="true">
            <circle cx="5.500" cy="5.500" r="4" fill="none" stroke="currentColor" strokeWidth="1.500" />
            <path d="M8.500 8.500L12 12" stroke="currentColor" strokeWidth="1.500" strokeLinecap="round" />
          </svg>
          <kbd className={styles['keys']}>⌘K</kbd>
        </Button>
        <Button
          look="bare"
          className={styles['theme']}
          aria-label={`Theme: ${THEME_TITLE[theme]}. Change it`}
          title={`Theme: ${THEME_TITLE[theme]}`}
          onClick={() => onTheme(NEXT_THEME[theme])}
        >
          <ThemeSign theme={theme} />
        </Button>
      </div>
    </header>
  )
}

function Mark() {
  return (
    <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" fill="var(--water)" />
      <g fill="none" stroke="var(--surface)" strokeLinecap="round" strokeWidth="2.600">
        <path d="M5 13c3.700 0 3.700-3.500 7.300-3.500S16 13 19.700 13s3.700-3.500 7.300-3.500" />
        <path d="M5 21.500c3.700 0 3.700-3.500 7.300-3.500s3.700 3.500 7.400 3.500 3.700-3.500 7.300-3.500" opacity="0.65" />
      </g>
    </svg>
  )
}

function ThemeSign({ theme }: { readonly theme: Theme }) {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.500">
      {theme === 'auto' && (
        <>
          <circle cx="8" cy="8" r="5.500" />
          <path d="M8 2.500a5.500 5.500 0 0 1 0 11z" fill="currentColor" stroke="none" />
        </>
      )}
      {theme === 'light' && (
        <>
          <circle cx="8" cy="8" r="3" />
          <path d="M8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1" strokeLinecap="round" />
        </>
      )}
      {theme === 'dark' && <path d="M13.500 9.800A5.800 5.800 0 0 1 6.200 2.500a5.800 5.800 0 1 0 7.300 7.300z" strokeLinejoin="round" />}
    </svg>
  )
}
