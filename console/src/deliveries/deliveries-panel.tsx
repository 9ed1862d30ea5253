import type { GraphNode } from '@millrace/serve/api'
import { Empty } from '../design/empty.tsx'
import { Panel } from '../design/panel.tsx'
import { Tabs } from '../design/tabs.tsx'
import { Sentence } from '../overview/sentence.tsx'
import styles from './deliveries-panel.module.css'
import { EventList } from './event-list.tsx'

export interface DeliveriesPanelProps {
  readonly deliveries: readonly GraphNode[]
  readonly selected: string | null
  readonly event: string | null
  readonly onSelect: (delivery: string) => void
  readonly onOpen: (delivery: string, event: string | null) => void
}

/** Who is told, and what came of it. */
export function DeliveriesPanel({ deliveries, selected, event, onSelect, onOpen }: DeliveriesPanelProps) {
  const shown = deliveries.find((delivery) => delivery.name === selected) ?? deliveries[0]
  if (shown === undefined) {
    return (
      <Panel title="Deliveries">
        <Empty title="Nobody is told yet">
          <Sentence text="Add a webhook under `deliveries` in millrace.config.ts, and every change of its stream or model is sent there, in order, until it is accepted." />
        </Empty>
      </Panel>
    )
  }
  const tabs = deliveries.map(({ name }) => ({ name, title: name }))
  return (
    <Panel title="Deliveries" actions={<Tabs label="Delivery" tabs={tabs} selected={shown.name} onSelect={onSelect} />}>
      <div className={styles['scroll']}>
        <EventList key={shown.name} delivery={shown.name} open={event} onOpen={(id) => onOpen(shown.name, id)} />
      </div>
    </Panel>
  )
}
