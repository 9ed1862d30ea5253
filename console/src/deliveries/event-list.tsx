import type { EventsPage, EventStatus as Status, EventSummary } from '@millrace/serve/api'
import { useState } from 'react'
import { Operation } from '../changes/operation.tsx'
import { Empty } from '../design/empty.tsx'
import { wholeText } from '../design/figures.ts'
import { Table, type TableColumn } from '../design/table.tsx'
import { Time } from '../design/time.tsx'
import { pathOf } from '../live/ask.ts'
import { useAnswer } from '../live/use-answer.ts'
import styles from './event-list.module.css'
import { EventStatus } from './event-status.tsx'
import { EventView } from './event-view.tsx'

export interface EventListProps {
  readonly delivery: string
  readonly open: string | null
  readonly onOpen: (event: string | null) => void
}

const REFRESH_MS = 2000
const SHOWN_LIMIT = 25
const STATUSES: readonly Status[] = ['delivered', 'sending', 'waiting', 'retrying', 'parked']

const COLUMNS: readonly TableColumn<EventSummary>[] = [
  { title: 'status', width: '118px', cell: ({ status }) => <EventStatus status={status} /> },
  {
    title: 'row',
    cell: ({ operation, key }) => (
      <span className={styles['row']}>
        <Operation operation={operation} />
        <code className={styles['key']}>{key}</code>
      </span>
    ),
  },
  { title: 'tries', align: 'end', width: '48px', spare: true, cell: ({ attempts }) => attempts },
  { title: 'answer', align: 'end', width: '60px', spare: true, cell: ({ answer }) => answer ?? '–' },
  { title: 'when', align: 'end', width: '92px', cell: ({ createdMs }) => <Time atMs={createdMs} /> },
]

/** The newest events of one delivery; an open one shows its attempts and stands still. */
export function EventList({ delivery, open, onOpen }: EventListProps) {
  const [status, setStatus] = useState<Status | null>(null)
  const query = { limit: SHOWN_LIMIT, ...(status === null ? {} : { status }) }
  const { answer: page, error } = useAnswer<EventsPage>(pathOf(['deliveries', delivery, 'events'], query), REFRESH_MS)
  const [kept, setKept] = useState<EventSummary | null>(null)
  if (page === null) {
    return error === null ? <Empty title="Reading…" /> : <Empty title={error.message}>{error.hint}</Empty>
  }
  const fresh = page.events.find((event) => event.id === open)
  // An open event stays on the page when newer ones have pushed it off.
  const events = fresh === undefined && kept !== null && kept.id === open ? [kept, ...page.events] : page.events
  const stranger = open !== null && !events.some((event) => event.id === open)
  const onRow = (id: string | null): void => {
    setKept(page.events.find((event) => event.id === id) ?? null)
    onOpen(id)
  }
  return (
    <div className={styles['list']}>
      <fieldset className={styles['filters']}>
        <legend className="visually-hidden">Status</legend>
        {STATUSES.filter((each) => (page.counts[each] ?? 0) > 0 || each === status).map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={each === status}
            className={styles['filter']}
            data-status={each}
            onClick={() => setStatus(each === status ? null : each)}
          >
            {each} <span className={styles['count']}>{wholeText(page.counts[each] ?? 0)}</span>
          </button>
        ))}
      </fieldset>
      {/* The address may name an event that is older than this page. */}
      {stranger && (
        <div className={styles['stranger']}>
          <EventView delivery={delivery} id={open} />
        </div>
      )}
      {events.length === 0 ? (
        <Empty title="Nothing told yet">An event appears here with the first change that this delivery carries.</Empty>
      ) : (
        <Table
          label={`Events of ${delivery}`}
          columns={COLUMNS}
          rows={events}
          keyOf={(event) => event.id}
          open={open}
          onOpen={onRow}
          renderDetail={(event) => <EventView delivery={delivery} id={event.id} />}
        />
      )}
    </div>
  )
}
