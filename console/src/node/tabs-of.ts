import type { GraphNode } from '@millrace/serve/api'
import type { TabName } from '../address/address.ts'
import type { Tab } from '../design/tabs.tsx'

const TABS_OF: Readonly<Record<GraphNode['kind'], readonly Tab<TabName>[]>> = {
  source: [
    { name: 'state', title: 'State' },
    { name: 'parked', title: 'Set aside' },
  ],
  stream: [
    { name: 'state', title: 'State' },
    { name: 'changes', title: 'Changes' },
  ],
  model: [
    { name: 'state', title: 'State' },
    { name: 'sql', title: 'SQL' },
    { name: 'changes', title: 'Changes' },
  ],
  delivery: [
    { name: 'state', title: 'State' },
    { name: 'events', title: 'Events' },
  ],
}

/** What there is to look at of a node. What came late is drawn as a model, but no SQL makes it. */
export function tabsOf({ kind, hasSql }: Pick<GraphNode, 'kind' | 'hasSql'>): readonly Tab<TabName>[] {
  return TABS_OF[kind].filter(({ name }) => name !== 'sql' || hasSql)
}
