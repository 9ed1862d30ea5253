import type { ChangeRecord } from '@millrace/serve/api'
import { absoluteText, clockText, durationText, wholeText } from '../design/figures.ts'
import { CellList } from './cell-list.tsx'
import styles from './change-row.module.css'
import { type Cell, cellsOf, keyText, valueText } from './diff.ts'
import { Operation } from './operation.tsx'

export interface ChangeRowProps {
  readonly change: ChangeRecord
  readonly open: boolean
  readonly onToggle: () => void
  readonly showStream: boolean
}

/** One change in a line: where, which row, what became of it. Opened, every column before and after. */
export function ChangeRow({ change, open, onToggle, showStream }: ChangeRowProps) {
  const cells = cellsOf(change)
  return (
    <li className={styles['row']} data-open={open || undefined}>
      <button type="button" className={styles['line']} aria-expanded={open} onClick={onToggle}>
        <Operation operation={change.operation} />
        {showStream && <span className={styles['stream']}>{change.stream}</span>}
        <span className={styles['key']}>{keyText(change)}</span>
        <span className={styles['cells']}>
          <Shown change={change} cells={cells} />
        </span>
        <time className={styles['time']} title={absoluteText(change.committedMs)}>
          {clockText(change.committedMs)}
        </time>
      </button>
      {open && (
        <div className={styles['detail']}>
          <CellList cells={cells} />
          <p className={styles['place']}>
            partition {change.partition} · position {wholeText(change.position)} · cut {wholeText(change.cut)} · transaction{' '}
            {wholeText(change.transaction)}
            {change.loggedMs !== null && <> · in the log after {durationText(Math.max(0, change.loggedMs - change.committedMs))}</>}
          </p>
        </div>
      )}
    </li>
  )
}

const SHOWN_CELLS = 4

/** Of an update what changed; of anything else the first columns. */
function Shown({ change, cells }: { readonly change: ChangeRecord; readonly cells: readonly Cell[] }) {
  const changed = cells.filter((cell) => cell.changed)
  if (changed.length > 0) {
    return changed.map(({ name, before, after }) => (
      <span key={name} className={styles['cell']}>
        <span className={styles['column']}>{name}</span>
        <del className={styles['before']}>{valueText(before ?? null)}</del>
        <span aria-hidden="true" className={styles['arrow']}>
          →
        </span>
        <ins className={styles['after']}>{valueText(after ?? null)}</ins>
      </span>
    ))
  }
  const others = cells.filter((cell) => !cell.isKey).slice(0, SHOWN_CELLS)
  return others.map(({ name, before, after }) => (
    <span key={name} className={styles['cell']} data-gone={change.operation === 'delete' || undefined}>
      <span className={styles['column']}>{name}</span>
      <span className={styles['value']}>{valueText(after ?? before ?? null)}</span>
    </span>
  ))
}
