/** One life of Millrace for the bench: `node child.ts '{"mode":"logged", …}'` prints one line of JSON. */
import { systemClock, systemRandom } from '@millrace/base'
import { discoverTables, PostgresCapture, publicationOf, slotOf, streamCeiling } from '@millrace/capture'
import type { LogReader, Stage } from '@millrace/core'
import { WebhookStage } from '@millrace/deliver'
import { Door } from '@millrace/guard'
import { LiveRunner } from '@millrace/live'
import { bindModels } from '@millrace/sql'
import { openStore, type Store } from '@millrace/store'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { LifeOrder, LifeResult } from './life.ts'

const MODEL_FILE = fileURLToPath(new URL('../../../examples/shop/models/order_totals.sql', import.meta.url))
const WAIT_MS = 5
const COMPLAIN_MS = 30_000

async function ceiling(order: LifeOrder): Promise<{ changes: number; seconds: number }> {
  const config = { kind: 'postgres', url: order.url } as const
  const names = { project: order.project, name: 'shop', config }
  const { rows, elapsedMs } = await streamCeiling({
    config,
    slot: slotOf(names),
    publication: publicationOf(names),
    untilPosition: order.untilPosition,
  })
  return { changes: rows, seconds: elapsedMs / 1000 }
}

async function spine(order: LifeOrder): Promise<{ changes: number; seconds: number }> {
  const store = await openStore(order.storePath)
  const reader = store.reader()
  const before = written(reader)
  const stages = await stagesOf(order, store)
  const stop = new AbortController()
  const startedMs = performance.now()
  const running = stages.map((stage) => stage.run(stop.signal))
  const failed = Promise.all(running).then(() => undefined)
  const done = waitUntil(() => isDone(order, stages, reader))
  // A stall must not pass for a slow run: what the stages say is shown while it lasts.
  const complaint = setInterval(() => {
    process.stderr.write(`${order.mode} still runs: ${JSON.stringify(stages.flatMap((stage) => stage.observe()))}\n`)
  }, COMPLAIN_MS)
  await Promise.race([done, failed])
  clearInterval(complaint)
  const seconds = (performance.now() - startedMs) / 1000
  stop.abort()
  await failed
  const changes = written(reader) - before
  reader.close()
  await store.close()
  return { changes, seconds }
}

async function stagesOf(order: LifeOrder, store: Store): Promise<Stage[]> {
  const common = { writer: store, clock: systemClock, random: systemRandom }
  const stages: Stage[] = [
    new PostgresCapture({
      ...common,
      project: order.project,
      name: 'shop',
      config: { kind: 'postgres', url: order.url },
      reader: store.reader(),
      partitionsOf: () => 1,
    }),
  ]
  if (order.mode === 'prepare' || order.mode === 'logged') return stages
  const streams = await discoverTables({ name: 'shop', config: { kind: 'postgres', url: order.url } })
  await store.commit({ streams })
  const { bound, errors } = await bindModels({
    models: [{ name: 'order_totals', sql: readFileSync(MODEL_FILE, 'utf8'), file: 'order_totals.sql' }],
    streams,
  })
  if (errors.length > 0) throw new AggregateError(errors)
  stages.push(new LiveRunner({ models: bound, writer: store, reader: store.reader(), signal: store, clock: systemClock }))
  if (order.mode === 'live') return stages
  const door = new Door({ allowInside: ['127.0.0.1'] })
  stages.push(
    new WebhookStage({
      ...common,
      name: 'totals',
      config: { kind: 'webhook', from: 'order_totals', url: order.receiverUrl, secret: { secret: 'env', name: 'TOTALS_SECRET' } },
      storeId: store.id,
      reader: store.reader(),
      signal: store,
      door,
    }),
  )
  return stages
}

/** Delivery is not waited for where only the memory of its backlog is asked. */
function isDone(order: LifeOrder, stages: readonly Stage[], reader: LogReader): boolean {
  if (written(reader) < order.expected) return false
  return stages
    .flatMap((stage) => stage.observe())
    .every(
      ({ kind, phase, backlog }) =>
        kind === 'source' || (kind === 'delivery' && order.mode === 'backlog') || (phase === 'running' && backlog === 0),
    )
}

function written(reader: LogReader): number {
  return reader
    .streams()
    .filter((stream) => stream.kind === 'table')
    .flatMap((stream) => reader.extents(stream.name))
    .reduce((sum, extent) => sum + extent.next, 0)
}

async function waitUntil(done: () => boolean): Promise<void> {
  while (!done()) await systemClock.sleep(WAIT_MS)
}

function peakBytes(): number {
  const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))
  return Number(found?.[1] ?? 0) * 1024
}

const order = JSON.parse(process.argv[2] ?? '{}') as LifeOrder
const measured = order.mode === 'ceiling' ? await ceiling(order) : await spine(order)
const { user, system } = process.cpuUsage()
const result: LifeResult = { ...measured, cpuSeconds: (user + system) / 1e6, peakBytes: peakBytes() }
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
