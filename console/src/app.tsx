import type { GraphNode } from '@millrace/serve/api'
import { useEffect, useState } from 'react'
import { useAddress } from './address/use-address.ts'
import styles from './app.module.css'
import { ChangesPanel } from './changes/changes-panel.tsx'
import { DeliveriesPanel } from './deliveries/deliveries-panel.tsx'
import { Empty } from './design/empty.tsx'
import { NowContext } from './design/now.ts'
import { applyTheme, storedTheme } from './design/theme.ts'
import { useFeed } from './live/use-feed.ts'
import { useServerNow } from './live/use-server-now.ts'
import { NodeDrawer } from './node/node-drawer.tsx'
import { Answer } from './overview/answer.tsx'
import { Header } from './overview/header.tsx'
import { Interruption } from './overview/interruption.tsx'
import { Loading } from './overview/loading.tsx'
import { ProofCard } from './overview/proof-card.tsx'
import { Palette } from './palette/palette.tsx'
import { Thread } from './thread/thread.tsx'

/** The page: the answer first, then the thread as it moves, then what moved and who was told. */
export function App() {
  const { connection, snapshot, changes, heardAt } = useFeed()
  const [address, setAddress] = useAddress()
  const [theme, setTheme] = useState(storedTheme)
  const [searching, setSearching] = useState(false)
  const nowMs = useServerNow(snapshot?.overview ?? null, heardAt)
  useEffect(() => applyTheme(theme), [theme])
  useEffect(() => onSearchKeys(() => setSearching(true)), [])
  useEffect(() => {
    document.title = snapshot === null ? 'Millrace' : `${snapshot.overview.answer.headline} · ${snapshot.overview.project}`
  }, [snapshot])

  const nodes = snapshot?.graph.nodes ?? []
  const node = nodes.find((each) => each.id === address.node)
  const openNode = (id: string | null): void => setAddress({ node: id, tab: 'state', event: null })
  const header = (
    <Header
      overview={snapshot?.overview ?? null}
      connection={connection}
      theme={theme}
      onTheme={setTheme}
      onSearch={() => setSearching(true)}
    />
  )
  if (snapshot === null) {
    return (
      <NowContext value={nowMs}>
        {header}
        <Loading />
      </NowContext>
    )
  }

  const { overview, graph } = snapshot
  return (
    <NowContext value={nowMs}>
      {header}
      {connection === 'reconnecting' && <Interruption lastMs={overview.nowMs} />}
      <main className={styles['page']} data-stale={connection !== 'live' || undefined} data-beside={node !== undefined || undefined}>
        <div className={styles['top']}>
          <Answer answer={overview.answer} />
          <ProofCard proofs={overview.proofs} onOpen={(model) => setAddress({ node: `model:${model}`, tab: 'sql' })} />
        </div>
        {graph.nodes.length === 0 ? (
          <section className={styles['start']} aria-label="Getting started">
            <Empty title="The thread is drawn here as soon as it exists">source → stream → model → delivery</Empty>
          </section>
        ) : (
          <Thread graph={graph} selected={address.node} stale={connection !== 'live'} onSelect={openNode} />
        )}
        <div className={styles['below']}>
          <ChangesPanel changes={changes} only={streamOf(node)} onShowAll={() => openNode(null)} />
          <DeliveriesPanel
            deliveries={nodes.filter((each) => each.kind === 'delivery')}
            selected={address.delivery}
            event={node?.kind === 'delivery' ? null : address.event}
            onSelect={(delivery) => setAddress({ delivery, event: null })}
            onOpen={(delivery, event) => setAddress({ delivery, event })}
          />
        </div>
      </main>
      {node !== undefined && (
        <NodeDrawer
          key={node.id}
          node={node}
          tab={address.tab}
          event={address.event}
          changes={changes}
          onTab={(tab) => setAddress({ tab, event: null })}
          onNode={openNode}
          onEvent={(event) => setAddress({ event })}
          onClose={() => openNode(null)}
        />
      )}
      {searching && <Palette nodes={nodes} onChoose={openNode} onClose={() => setSearching(false)} />}
    </NowContext>
  )
}

function streamOf(node: GraphNode | undefined): string | null {
  return node?.kind === 'stream' || node?.kind === 'model' ? node.name : null
}

function onSearchKeys(open: () => void): () => void {
  const onKeyDown = (event: KeyboardEvent): void => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault()
      open()
    }
  }
  addEventListener('keydown', onKeyDown)
  return () => removeEventListener('keydown', onKeyDown)
}
