import type { KeyboardEvent, ReactNode } from 'react'
import styles from './table.module.css'

export interface TableColumn<Row> {
  readonly title: string
  readonly align?: 'end'
  readonly width?: string
  /** Left out where the table is narrow; an open row tells it. */
  readonly spare?: boolean
  readonly cell: (row: Row) => ReactNode
}

export interface TableProps<Row> {
  readonly label: string
  readonly columns: readonly TableColumn<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  /** The row that is open; what it shows then stands below it. */
  readonly open?: string | null
  readonly onOpen?: (key: string | null) => void
  readonly renderDetail?: (row: Row) => ReactNode
}

/** Rows that the keyboard walks: the arrows move, Enter opens and closes. */
export function Table<Row>({ label, columns, rows, keyOf, open = null, onOpen, renderDetail }: TableProps<Row>) {
  const toggle = (key: string): void => onOpen?.(open === key ? null : key)
  const onKeyDown = (event: KeyboardEvent<HTMLTableRowElement>, key: string): void => {
    if (event.target !== event.currentTarget) return
    if (event.key === 'Enter' || event.key === ' ') toggle(key)
    else if (event.key === 'ArrowDown') focusRow(event.currentTarget, 1)
    else if (event.key === 'ArrowUp') focusRow(event.currentTarget, -1)
    else return
    event.preventDefault()
  }
  return (
    <table className={styles['table']} aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ title, align, width, spare }) => (
            <th key={title} scope="col" data-align={align} data-spare={spare} style={width === undefined ? undefined : { width }}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.flatMap((row) => {
          const key = keyOf(row)
          const isOpen = key === open
          const line = (
            <tr
              key={key}
              data-row=""
              data-open={isOpen || undefined}
              data-openable={onOpen !== undefined || undefined}
              {...(onOpen === undefined
                ? {}
                : { tabIndex: 0, 'aria-expanded': isOpen, onClick: () => toggle(key), onKeyDown: (event) => onKeyDown(event, key) })}
            >
              {columns.map(({ title, align, spare, cell }) => (
                <td key={title} data-align={align} data-spare={spare}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          )
          if (!isOpen || renderDetail === undefined) return [line]
          return [
            line,
            <tr key={`${key} detail`}>
              <td colSpan={columns.length} className={styles['detail']}>
                {renderDetail(row)}
              </td>
            </tr>,
          ]
        })}
      </tbody>
    </table>
  )
}

function focusRow(from: HTMLTableRowElement, step: 1 | -1): void {
  const rows = [...(from.closest('tbody')?.querySelectorAll<HTMLElement>('[data-row]') ?? [])]
  rows[rows.indexOf(from) + step]?.focus()
}
