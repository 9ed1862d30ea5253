/** The measured process: a source of a steady rate, the log and the live model. Prints one line of JSON. */
import { systemClock } from '@millrace/base'
import type { LogReader } from '@millrace/core'
import { LiveRunner } from '@millrace/live'
import { proveInThread } from '@millrace/prove'
import { bindModels } from '@millrace/sql'
import { openStore, type Store } from '@millrace/store'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { percentile } from '../subscribe/percentile.ts'
import type { LatencyFigures, LatencyOrder } from './latency-bench.ts'
import { ShopChanges, STREAMS } from './shop-changes.ts'

const MODEL_FILE = fileURLToPath(new URL('../../../examples/shop/models/order_totals.sql', import.meta.url))
const MODEL = 'order_totals'

async function measure(order: LatencyOrder): Promise<LatencyFigures> {
  const store = await openStore(order.storePath)
  const changes = new ShopChanges(order.seed)
  await store.commit({ streams: STREAMS })
  for (const appends of changes.start(order.orders)) await store.commit({ appends })
  const { bound, errors } = await bindModels({ models: [{ name: MODEL, sql: readFileSync(MODEL_FILE, 'utf8') }], streams: STREAMS })
  if (errors.length > 0) throw new AggregateError(errors)
  const runner = new LiveRunner({ models: bound, writer: store, reader: store.reader(), signal: store, clock: systemClock })
  const stop = new AbortController()
  const running = runner.run(stop.signal)
  const reader = store.reader()
  await reached(reader, reader.cut())
  await feed(store, { ...order, changes, seconds: order.seconds / 3 })
  const cpu = process.cpuUsage()
  const fed = await feed(store, { ...order, changes, seconds: order.seconds })
  const { user, system } = process.cpuUsage(cpu)
  await reached(reader, fed.lastCut)
  const behindMs = performance.now() - fed.endedMs
  stop.abort()
  await running
  const told = latenciesOf(reader, fed)
  reader.close()
  const { verdict } = await proveInThread({ storePath: order.storePath, models: bound, model: MODEL })
  await store.close()
  return {
    changes: fed.count,
    perSecond: fed.count / fed.seconds,
    commits: fed.commits,
    p50Ms: percentile(told.latencies, 0.5),
    p90Ms: percentile(told.latencies, 0.9),
    p99Ms: percentile(told.latencies, 0.99),
    maxMs: percentile(told.latencies, 1),
    steps: told.steps,
    published: told.published,
    behindMs,
    cores: (user + system) / 1e6 / fed.seconds,
    proof: verdict,
  }
}

interface Fed {
  readonly count: number
  readonly commits: number
  readonly seconds: number
  readonly firstCut: number
  readonly lastCut: number
  readonly endedMs: number
}

/** One commit in flight, as a source has; what falls due meanwhile goes with the next. */
async function feed(store: Store, { changes, rate, every, seconds }: LatencyOrder & { changes: ShopChanges }): Promise<Fed> {
  const startedMs = performance.now()
  let [count, commits, firstCut, lastCut] = [0, 0, 0, 0]
  for (;;) {
    const elapsedMs = performance.now() - startedMs
    if (elapsedMs >= seconds * 1000) break
    const due = Math.floor((elapsedMs * rate) / 1000) - count
    if (due > 0) {
      const { cut } = await store.commit({ appends: changes.next(due) })
      if (firstCut === 0) firstCut = cut
      lastCut = cut
      count += due
      commits += 1
    }
    const nextMs = (Math.floor((performance.now() - startedMs) / every) + 1) * every
    await systemClock.sleep(Math.max(0, nextMs - (performance.now() - startedMs)))
  }
  const endedMs = performance.now()
  return { count, commits, seconds: (endedMs - startedMs) / 1000, firstCut, lastCut, endedMs }
}

/** The newest cut of the inputs that the model's stream tells of. */
async function reached(reader: LogReader, cut: number): Promise<void> {
  const shown = (): boolean => {
    for (const { asOf } of reader.streams().some(({ name }) => name === MODEL) ? reader.read(MODEL, { afterCut: cut }) : [])
      if ((asOf ?? 0) >= cut) return true
    return false
  }
  while (!shown()) await systemClock.sleep(5)
}

/** Per change, by what the log itself says of when its commit was and when the first that reflects it. */
function latenciesOf(
  reader: LogReader,
  { firstCut, lastCut }: Fed,
): { readonly latencies: readonly number[]; readonly steps: number; readonly published: number } {
  const outputs = [...reader.read(MODEL, { afterCut: firstCut })].map(({ asOf, committedMs, count }) => ({
    asOf: asOf ?? 0,
    committedMs,
    count,
  }))
  const inputs = reader.readCuts(
    STREAMS.map(({ name }) => name),
    { afterCut: firstCut - 1, untilCut: lastCut, bytesLimit: Number.MAX_SAFE_INTEGER },
  ).batches
  const latencies: number[] = []
  let at = 0
  for (const { cut, committedMs, count } of inputs) {
    while (at < outputs.length - 1 && (outputs[at]?.asOf ?? 0) < cut) at += 1
    const shownMs = outputs[at]?.committedMs ?? Number.NaN
    for (let change = 0; change < count; change += 1) latencies.push(shownMs - committedMs)
  }
  const shown = outputs.filter(({ asOf }) => asOf <= lastCut)
  return { latencies, steps: new Set(shown.map(({ asOf }) => asOf)).size, published: shown.reduce((sum, { count }) => sum + count, 0) }
}

const order = JSON.parse(process.argv[2] ?? '{}') as LatencyOrder
const figures = await measure(order)
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0))
