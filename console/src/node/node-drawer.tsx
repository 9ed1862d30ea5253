import type { ChangeRecord, GraphNode } from '@millrace/serve/api'
import type { TabName } from '../address/address.ts'
import { EventList } from '../deliveries/event-list.tsx'
import { VerdictBadge } from '../design/badge.tsx'
import { Drawer } from '../design/drawer.tsx'
import { Tabs } from '../design/tabs.tsx'
import { Time } from '../design/time.tsx'
import { ParkedTab } from '../parked/parked-tab.tsx'
import { ChangesTab } from './changes-tab.tsx'
import styles from './node-drawer.module.css'
import { tabsOf } from './tabs-of.ts'
import { SqlTab } from './sql-tab.tsx'
import { StateTab } from './state-tab.tsx'

export interface NodeDrawerProps {
  readonly node: GraphNode
  readonly tab: TabName
  readonly event: string | null
  /** Those that came while the page was open, the newest first. */
  readonly changes: readonly ChangeRecord[]
  readonly onTab: (tab: TabName) => void
  readonly onNode: (id: string) => void
  readonly onEvent: (event: string | null) => void
  readonly onClose: () => void
}

/** One node in full: how it is and why, what it is made of, what passes through it. */
export function NodeDrawer({ node, tab, event, changes, onTab, onNode, onEvent, onClose }: NodeDrawerProps) {
  const tabs = tabsOf(node)
  const shown = tabs.some(({ name }) => name === tab) ? tab : 'state'
  const heading = (
    <>
      <p className={styles['kind']}>{node.label.includes(node.kind) ? node.label : `${node.kind} · ${node.label}`}</p>
      <h2 className={styles['name']}>{node.name}</h2>
      <p className={styles['verdict']}>
        <VerdictBadge verdict={node.verdict} />
        <span className={styles['since']}>
          since <Time atMs={node.sinceMs} />
        </span>
      </p>
    </>
  )
  return (
    <Drawer label={`${node.kind} ${node.name}`} heading={heading} onClose={onClose}>
      {tabs.length > 0 && (
        <div className={styles['tabs']}>
          <Tabs label="View" tabs={tabs} selected={shown} onSelect={onTab} />
        </div>
      )}
      {shown === 'state' && <StateTab node={node} onNode={onNode} />}
      {shown === 'sql' && <SqlTab model={node.name} onNode={onNode} />}
      {shown === 'parked' && <ParkedTab source={node.name} />}
      {shown === 'changes' && <ChangesTab stream={node.name} live={changes} />}
      {shown === 'events' && (
        <div className={styles['events']}>
          <EventList delivery={node.name} open={event} onOpen={onEvent} />
        </div>
      )}
    </Drawer>
  )
}
