/** One measured process: it writes the transaction where nobody sees it, or shows it and computes what it means. */
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { BatchBuilder, changeAt, type LogReader, type StreamDefinition, type Type } from '@millrace/core'
import { LiveRunner } from '@millrace/live'
import { bindModels } from '@millrace/sql'
import { openStore, type Store } from '@millrace/store'

export interface BurstOrder {
  readonly action: 'write' | 'run'
  readonly store: string
  readonly rows: number
  readonly bytesLimit: number
  readonly isSliced: boolean
}

export interface Ran {
  readonly seconds: number
  /** What the process takes before, and at its most. */
  readonly idleMb: number
  readonly peakMb: number
  /** What of it is the state, as it is counted, at its most. */
  readonly stateMb: number
  /** What the model of the transaction told. */
  readonly told: number
  readonly waits: { readonly count: number; readonly p50Ms: number; readonly p99Ms: number; readonly mostMs: number }
  readonly problem: string | null
}

function table(name: string, columns: Readonly<Record<string, Type['kind']>>): StreamDefinition {
  const named = Object.entries(columns).map(([column, kind]) => ({ name: column, type: { kind } as Type, nullable: false }))
  return { name, kind: 'table', partitions: 1, schema: { columns: named, key: [0] } }
}

const ORDERS = table('shop.orders', { id: 'int64', customer: 'int64' })
const LINES = table('shop.lines', { id: 'int64', order_id: 'int64', quantity: 'int64' })
const TICKS = table('clock.ticks', { id: 'int64', beat: 'int64' })
const STREAMS = [ORDERS, LINES, TICKS]
const MODELS = [
  {
    name: 'sold',
    sql: `SELECT o.customer, count(*) AS lines, sum(l.quantity) AS quantity
      FROM shop.lines l JOIN shop.orders o ON o.id = l.order_id GROUP BY o.customer`,
  },
  { name: 'ticked', sql: 'SELECT id, beat + 1 AS next FROM clock.ticks' },
]
const TAIL = 'burst/transaction'
const BATCH_ROWS = 32_768
const LINES_EACH = 3
const CUSTOMERS = 50_000
const TICK_MS = 20

async function write({ store: path, rows }: BurstOrder): Promise<object> {
  const store = await openStore(path)
  await store.commit({ streams: STREAMS })
  const orders = ordersOf(rows)
  const fill = async ({ name, schema }: StreamDefinition, count: number, rowOf: (id: number) => readonly number[]): Promise<void> => {
    for (let from = 0; from < count; from += BATCH_ROWS) {
      const builder = new BatchBuilder(schema)
      const until = Math.min(count, from + BATCH_ROWS)
      for (let id = from; id < until; id += 1) builder.push('insert', { transaction: 1, index: id, time: 1 }, rowOf(id))
      await store.commit({ appends: [{ stream: name, partition: 0, batch: builder.finish(), tail: TAIL }] })
    }
  }
  await fill(ORDERS, orders, (id) => [id, id % CUSTOMERS])
  await fill(LINES, orders * LINES_EACH, (id) => [id, id % orders, id % 7])
  await store.close()
  return {}
}

function ordersOf(rows: number): number {
  return Math.floor(rows / (1 + LINES_EACH))
}

async function run({ store: path, rows, bytesLimit, isSliced }: BurstOrder): Promise<Ran> {
  const { bound } = await bindModels({ models: MODELS, streams: STREAMS })
  const store = await openStore(path)
  const reader = store.reader()
  const runner = new LiveRunner({
    models: bound,
    writer: store,
    reader: store.reader(),
    signal: store,
    memory: { bytesLimit },
    ...(isSliced ? {} : { stepChangesLimit: Infinity }),
  })
  const stop = new AbortController()
  const done = runner.run(stop.signal)
  const stateBytes = await reached(runner, reader.cut())
  const idleMb = peak()
  const ticking = new AbortController()
  const ticks = tick(store, ticking.signal)
  const startMs = performance.now()
  const { cut } = await store.commit({ show: [{ tail: TAIL }] })
  const stateMb = Math.max(stateBytes, await reached(runner, cut)) / 1e6
  const seconds = (performance.now() - startMs) / 1000
  const peakMb = peak()
  ticking.abort()
  await reached(runner, await ticks)
  stop.abort()
  await done
  const told = [...reader.read('sold')].reduce((sum, { count }) => sum + count, 0)
  const result = { seconds, idleMb, peakMb, stateMb, told, waits: waitsOf(reader), problem: problemOf(reader, rows) }
  reader.close()
  await store.close()
  return result
}

/** Waits until the models say all of this cut; returns the most that the state took. */
async function reached(runner: LiveRunner, cut: number): Promise<number> {
  let most = 0
  for (;;) {
    const all = runner.observe()
    const failed = all.find(({ phase }) => phase === 'failed')
    if (failed !== undefined) throw failed.error ?? new Error('a model failed')
    most = Math.max(most, Number(all[0]?.evidence['memoryBytes']))
    if (all.every(({ phase, evidence }) => phase === 'running' && Number(evidence['cut']) >= cut && evidence['committing'] === false))
      return most
    await sleep(2)
  }
}

/** A change now and then of what the other model reads; resolves to the cut of the last. */
async function tick(store: Store, signal: AbortSignal): Promise<number> {
  let cut = 0
  for (let id = 0; !signal.aborted; id += 1) {
    const builder = new BatchBuilder(TICKS.schema)
    builder.push('insert', { transaction: id, index: 0, time: id }, [id, id])
    cut = (await store.commit({ appends: [{ stream: TICKS.name, partition: 0, batch: builder.finish() }] })).cut
    await sleep(TICK_MS)
  }
  return cut
}

/** How long each change waited between its commit and that of what the model says of it, by the log's own times. */
function waitsOf(reader: LogReader): Ran['waits'] {
  const waits: number[] = []
  const came = reader.read(TICKS.name)
  let next = came.next()
  for (const { asOf, committedMs } of reader.read('ticked')) {
    for (; next.done !== true && next.value.cut <= (asOf ?? 0); next = came.next()) waits.push(committedMs - next.value.committedMs)
  }
  waits.sort((one, other) => one - other)
  const at = (share: number): number => Math.round(waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0)
  return { count: waits.length, p50Ms: at(0.5), p99Ms: at(0.99), mostMs: at(1) }
}

/** Every customer is told once, in one cut, and all lines are counted. */
function problemOf(reader: LogReader, rows: number): string | null {
  const lines = ordersOf(rows) * LINES_EACH
  const cuts = new Set<number>()
  let counted = 0
  let quantity = 0
  let told = 0
  for (const stored of reader.read('sold')) {
    cuts.add(stored.cut)
    const batch = stored.batch()
    for (let at = 0; at < batch.count; at += 1) {
      const { operation, after } = changeAt(batch, at)
      if (operation !== 'insert') return `the model told a ${operation}`
      told += 1
      counted += Number(after[1])
      quantity += Number(after[2])
    }
  }
  const weeks = Math.floor(lines / 7)
  const rest = lines % 7
  const expected = { cuts: 1, told: Math.min(CUSTOMERS, ordersOf(rows)), counted: lines, quantity: weeks * 21 + (rest * (rest - 1)) / 2 }
  const found = { cuts: cuts.size, told, counted, quantity }
  return JSON.stringify(found) === JSON.stringify(expected) ? null : `${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`
}

function peak(): number {
  return process.resourceUsage().maxRSS / 1000
}

const order = JSON.parse(process.argv[2] ?? '{}') as BurstOrder
process.stdout.write(`${JSON.stringify(order.action === 'write' ? await write(order) : await run(order))}\n`)
process.exit(0)
