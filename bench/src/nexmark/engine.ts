/**
 * The whole engine: from the log, through folds, operators and output, to the model's stream, a commit a
 * step. The model has begun before the first event, so that each event reaches it as a change.
 */
import { constants, copyFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { changeAt, type Value } from '@millrace/core'
import { LiveRunner, WorkerPool } from '@millrace/live'
import type { BoundModel } from '@millrace/sql'
import { openStore, type Store } from '@millrace/store'
import { bindQuery } from './bind-query.ts'
import { Checksum } from './checksum.ts'
import { batchOf, readEvents } from './event-file.ts'
import type { MeasureOrder, Pass, Prepared, Refused, Result, Runnable } from './measure.ts'
import type { NexmarkQuery } from './queries.ts'
import { type Spent, startStopwatch } from './stopwatch.ts'
import { TABLES } from './tables.ts'

export async function prepare(query: NexmarkQuery, { store: path, file, portionEvents }: MeasureOrder): Promise<Prepared | Refused> {
  const model = await bindQuery(query)
  if ('refused' in model) return model
  const store = await openStore(path)
  await store.commit({ streams: [...query.reads].map((kind) => TABLES[kind]) })
  await untilCaughtUp(store, model, { cut: store.reader().cut(), pool: null })
  let cut = 0
  let transaction = 0
  for await (const portion of readEvents(file, query.reads, portionEvents)) {
    transaction += 1
    const appends = [...portion].map(([kind, rows]) => ({
      stream: TABLES[kind].name,
      partition: 0,
      batch: batchOf(kind, rows, transaction),
    }))
    if (appends.length > 0) cut = (await store.commit({ appends })).cut
  }
  await store.close()
  return { cut }
}

export async function engineOf(query: NexmarkQuery, { store: path, cut, workers }: MeasureOrder): Promise<Runnable | Refused> {
  const model = await bindQuery(query)
  if ('refused' in model) return model
  const prepared = await openStore(path)
  const reader = prepared.reader()
  const read = [...query.reads].flatMap((kind) => reader.extents(TABLES[kind].name)).reduce((rows, { next }) => rows + next, 0)
  reader.close()
  await prepared.close()
  const pool = workers === 1 ? null : await WorkerPool.start(workers)
  const pass = async (wantsResult: boolean): Promise<Pass> => {
    const copy = `${path}.copy`
    copyFileSync(path, copy, constants.COPYFILE_FICLONE)
    const store = await openStore(copy)
    const spent = await untilCaughtUp(store, model, { cut, pool })
    const result = wantsResult ? resultIn(store, model.name) : null
    await store.close()
    rmSync(copy)
    return { spent, result }
  }
  return { read, pass, close: async () => pool?.close() }
}

function resultIn(store: Store, stream: string): Result {
  const checksum = new Checksum()
  const reader = store.reader()
  for (const stored of reader.read(stream)) {
    const batch = stored.batch()
    for (let at = 0; at < batch.count; at += 1) {
      const { operation, after, before } = changeAt(batch, at)
      if (operation === 'update') checksum.add(before as Value[], -1)
      if (operation !== 'truncate') checksum.add(after as Value[], operation === 'delete' ? -1 : 1)
    }
  }
  reader.close()
  return checksum.result()
}

interface Run {
  readonly cut: number
  readonly pool: WorkerPool | null
}

/** Runs the model until it has said all of this cut, and stops it. */
async function untilCaughtUp(store: Store, model: BoundModel, { cut, pool }: Run): Promise<Spent> {
  const before = pool === null ? [0] : await pool.cpuSeconds()
  const options = { models: [model], writer: store, reader: store.reader(), signal: store }
  const runner = new LiveRunner(pool === null ? options : { ...options, workers: pool })
  const stop = new AbortController()
  const stopwatch = startStopwatch()
  const done = runner.run(stop.signal)
  for (;;) {
    const [state] = runner.observe()
    if (state?.phase === 'failed') throw state.error ?? new Error('the model failed')
    if (state?.phase === 'running' && Number(state.evidence['cut']) >= cut && state.evidence['committing'] === false) break
    await Promise.race([sleep(5), done])
  }
  const spent = stopwatch()
  const ofWorkers = pool === null ? [0] : (await pool.cpuSeconds()).map((one, at) => one - (before[at] as number))
  stop.abort()
  await done
  return { ...spent, cpuSeconds: spent.cpuSeconds + Math.max(...ofWorkers) }
}
