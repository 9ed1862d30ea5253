/** One measured life of this bench: `node life-process.ts '{"mode":"decoded", …}'` prints one line of JSON. */
import { systemClock, systemRandom } from '@millrace/base'
import { PostgresCapture, streamCeiling } from '@millrace/capture'
import type { LogReader, LogWriter } from '@millrace/core'
import { openReader, openStore } from '@millrace/store'
import { copyCeiling } from './copy-ceiling.ts'
import { CountedWriter, dropWriter } from './counted-writer.ts'
import type { LifeOrder, LifeResult } from './life.ts'
import { runPeer } from './peer-pipeline.ts'
import { Stopwatch } from './stopwatch.ts'
import { TABLE } from './workload.ts'

const SOURCE = 'shop'
const WATCH_MS = 1
const COMPLAIN_MS = 60_000

async function ceiling({ url, slot, publication, untilPosition }: LifeOrder): Promise<LifeResult> {
  const { rows, bytes, elapsedMs, processorMs } = await streamCeiling({
    config: { kind: 'postgres', url },
    slot,
    publication,
    untilPosition,
  })
  return { changes: rows, bytes, seconds: elapsedMs / 1000, cpuSeconds: processorMs / 1000 }
}

async function copy({ url, changes }: LifeOrder): Promise<LifeResult> {
  return { changes, ...(await copyCeiling(url, TABLE)) }
}

async function durable(order: LifeOrder): Promise<LifeResult> {
  const store = await openStore(order.storePath)
  const reader = store.reader()
  const result = await capture(order, store, reader)
  reader.close()
  await store.close()
  return result
}

/** Reads where the prepared store says that it is to go on, and writes nothing to it. */
async function decoded(order: LifeOrder): Promise<LifeResult> {
  const reader = openReader(order.storePath)
  const result = await capture(order, dropWriter, reader)
  reader.close()
  return result
}

async function capture(order: LifeOrder, writer: LogWriter, reader: LogReader): Promise<LifeResult> {
  const watch = new Stopwatch(order)
  const stage = new PostgresCapture({
    writer: new CountedWriter(writer, (changes) => watch.add(changes)),
    reader,
    clock: systemClock,
    random: systemRandom,
    project: order.project,
    name: SOURCE,
    config: { kind: 'postgres', url: order.url, tables: [TABLE] },
    partitionsOf: () => 1,
  })
  const stop = new AbortController()
  const isTable = order.mode === 'snapshot' || order.mode === 'prepare'
  if (isTable) watch.start()
  const running = stage.run(stop.signal)
  const complaint = setInterval(() => process.stderr.write(`${order.mode} still runs: ${JSON.stringify(stage.observe())}\n`), COMPLAIN_MS)
  // A stream's clock starts as the server begins to send; a snapshot's when it is asked for.
  const streaming = untilPhase(stage, 'running').then(() => watch.start())
  await Promise.race([Promise.all([watch.end, streaming]), running])
  clearInterval(complaint)
  stop.abort()
  await running
  return { ...watch.result, bytes: 0 }
}

async function untilPhase(stage: PostgresCapture, phase: string): Promise<void> {
  while (!stage.observe().every((seen) => seen.phase === phase)) await systemClock.sleep(WATCH_MS)
}

async function peer(order: LifeOrder): Promise<LifeResult> {
  return { ...(await runPeer(order)), bytes: 0 }
}

const MODES = { prepare: durable, ceiling, decoded, logged: durable, peer, snapshot: durable, copy } as const
const order = JSON.parse(process.argv[2] ?? '{}') as LifeOrder
const result = await MODES[order.mode](order)
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
