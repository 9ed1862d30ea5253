import type { ParkedPage, ParkedSummary } from '@millrace/serve/api'
import { useState } from 'react'
import { Operation } from '../changes/operation.tsx'
import { Empty } from '../design/empty.tsx'
import { wholeText } from '../design/figures.ts'
import { Table, type TableColumn } from '../design/table.tsx'
import { Time } from '../design/time.tsx'
import { pathOf } from '../live/ask.ts'
import { useAnswer } from '../live/use-answer.ts'
import styles from './parked-tab.module.css'
import { ParkedTableNotice } from './parked-table-notice.tsx'
import { ParkedView } from './parked-view.tsx'

const REFRESH_MS = 2000
const SHOWN_LIMIT = 50

const COLUMNS: readonly TableColumn<ParkedSummary>[] = [
  {
    title: 'row',
    width: '116px',
    cell: ({ operation, key, stream }) => (
      <span className={styles['row']}>
        <Operation operation={operation} />
        <code className={styles['key']}>{key ?? stream}</code>
      </span>
    ),
  },
  { title: 'why', spare: true, cell: ({ code, reason }) => (code === 'PARKED_BEHIND' ? 'waits behind another' : reason) },
  { title: 'when', align: 'end', width: '92px', cell: ({ parkedMs }) => <Time atMs={parkedMs} /> },
]

/** What a source could not take: read, mended, replayed or let go where it is seen. */
export function ParkedTab({ source }: { readonly source: string }) {
  const [open, setOpen] = useState<string | null>(null)
  const { answer: page, error, refresh } = useAnswer<ParkedPage>(pathOf(['parked'], { source, limit: SHOWN_LIMIT }), REFRESH_MS)
  if (page === null) return error === null ? <Empty title="Reading…" /> : <Empty title={error.message}>{error.hint}</Empty>
  const all = page.counts.filter((count) => count.source === source).reduce((sum, { count }) => sum + count, 0)
  if (page.records.length + page.tables.length === 0)
    return <Empty title="Nothing is set aside">Every change of this source has been taken.</Empty>
  const onSettled = (): void => {
    setOpen(null)
    refresh()
  }
  return (
    <div className={styles['list']}>
      {page.tables.map((table) => (
        <ParkedTableNotice key={table.stream} table={table} onAccepted={refresh} />
      ))}
      {page.records.length > 0 && (
        <p className={styles['summary']}>
          {wholeText(all)} set aside; the rest flows on.
          {all > page.records.length && ` The first ${wholeText(page.records.length)} are shown.`}
        </p>
      )}
      <Table
        label={`What ${source} has set aside`}
        columns={COLUMNS}
        rows={page.records}
        keyOf={({ id }) => id}
        open={open}
        onOpen={setOpen}
        renderDetail={({ id }) => <ParkedView id={id} onSettled={onSettled} />}
      />
    </div>
  )
}
