/** One measured process: the state grows and changes, or starts again over what was saved. */
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { LiveRunner } from '@millrace/live'
import { bindModels, type BoundModel } from '@millrace/sql'
import { openStore, type Store } from '@millrace/store'
import { changeAt, type Value } from '@millrace/core'
import { type FormName, FORMS, statusOf, TABLES, Workload } from './state-workload.ts'

export interface StateOrder {
  readonly form: FormName
  readonly store: string
  readonly orders: number
  /** Null for no limit. */
  readonly bytesLimit: number | null
  readonly seed: number
}

export interface Started {
  readonly seconds: number
  readonly peakMb: number
}

export interface Ran {
  readonly growPerSecond: number
  readonly newPerSecond: number
  readonly anyPerSecond: number
  /** What the state takes of memory, as it is counted, at its most, and in the scratch file. */
  readonly stateMb: number
  readonly spilledMb: number
  readonly peakMb: number
  readonly isRight: boolean
}

const PORTION = 2_000
const ROUNDS = 10
const CHANGES = 4_000

class Running {
  readonly #runner: LiveRunner
  readonly #stop = new AbortController()
  readonly #done: Promise<void>
  stateBytes = 0

  constructor(store: Store, models: readonly BoundModel[], bytesLimit: number | null) {
    const memory = bytesLimit === null ? {} : { bytesLimit }
    this.#runner = new LiveRunner({ models, writer: store, reader: store.reader(), signal: store, memory })
    this.#done = this.#runner.run(this.#stop.signal)
  }

  evidence(name: string): number {
    return Number(this.#runner.observe()[0]?.evidence[name])
  }

  /** Waits until the model says all of this cut. */
  async reach(cut: number): Promise<void> {
    for (;;) {
      const [model] = this.#runner.observe()
      if (model?.phase === 'failed') throw model.error ?? new Error('the model failed')
      this.stateBytes = Math.max(this.stateBytes, Number(model?.evidence['memoryBytes']))
      if (model?.phase === 'running' && Number(model.evidence['cut']) >= cut && model.evidence['committing'] === false) return
      await Promise.race([sleep(2), this.#done])
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }
}

async function boundModel(form: FormName): Promise<readonly BoundModel[]> {
  const { bound, errors } = await bindModels({ models: [{ name: 'shipped', sql: FORMS[form].sql }], streams: TABLES })
  if (errors[0] !== undefined) throw errors[0]
  return bound
}

async function run({ form, store: path, orders, bytesLimit, seed }: StateOrder): Promise<Ran> {
  const models = await boundModel(form)
  const store = await openStore(path)
  await store.commit({ streams: TABLES })
  const running = new Running(store, models, bytesLimit)
  await running.reach(0)
  const workload = new Workload(form, orders, seed)
  const timed = async (rows: number, act: () => Promise<void>): Promise<number> => {
    const startMs = performance.now()
    await act()
    return Math.round((rows / (performance.now() - startMs)) * 1000)
  }
  const growPerSecond = await timed(orders * FORMS[form].readEach, async () => {
    for (let from = 0; from < orders; from += PORTION) {
      const { cut } = await store.commit({ appends: workload.arrival(from, Math.min(orders, from + PORTION)) })
      await running.reach(cut - PORTIONS_AHEAD)
    }
    await running.reach(store.reader().cut() - 1)
  })
  const changes = (which: 'new' | 'any'): Promise<number> =>
    timed(ROUNDS * CHANGES, async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const { cut } = await store.commit({ appends: workload.changes(CHANGES, which) })
        await running.reach(cut)
      }
    })
  const newPerSecond = await changes('new')
  const anyPerSecond = await changes('any')
  const spilledMb = running.evidence('stateBytesSpilled') / 1e6
  const peakMb = peak()
  await running.stop()
  const isRight = says(store, workload, FORMS[form].rowsEach)
  await store.close()
  return { growPerSecond, newPerSecond, anyPerSecond, stateMb: running.stateBytes / 1e6, spilledMb, peakMb, isRight }
}

/** The model may be so many cuts behind its sources. */
const PORTIONS_AHEAD = 4

async function start({ form, store: path, bytesLimit }: StateOrder): Promise<Started> {
  const models = await boundModel(form)
  const store = await openStore(path)
  const startMs = performance.now()
  const running = new Running(store, models, bytesLimit)
  await running.reach(0)
  const seconds = (performance.now() - startMs) / 1000
  const peakMb = peak()
  await running.stop()
  await store.close()
  return { seconds, peakMb }
}

function peak(): number {
  return process.resourceUsage().maxRSS / 1000
}

/** Whether the model's stream adds up to what all that came says. */
function says(store: Store, { versions }: Workload, rowsEach: number): boolean {
  const reader = store.reader()
  const statuses: (string | undefined)[] = new Array(versions.length * rowsEach)
  const put = (row: readonly Value[], isThere: boolean): void => {
    const line = Number(row[0])
    if (isThere) statuses[line] = String(row[2])
    else if (statuses[line] === row[2]) statuses[line] = undefined
  }
  for (const stored of reader.read('shipped')) {
    const batch = stored.batch()
    for (let at = 0; at < batch.count; at += 1) {
      const { operation, after, before } = changeAt(batch, at)
      if (operation === 'update') put(before as Value[], false)
      put(after as Value[], operation !== 'delete')
    }
  }
  reader.close()
  return statuses.length > 0 && versions.every((version, order) => statuses[order * rowsEach] === statusOf(order, version))
}

const order = JSON.parse(process.argv[2] ?? '{}') as StateOrder & { readonly action: 'run' | 'start' }
process.stdout.write(`${JSON.stringify(order.action === 'run' ? await run(order) : await start(order))}\n`)
process.exit(0)
