/**
 * What an agent costs its host, and what the door takes.
 *
 * `send` alone is what the host waits for. What the agent does afterwards in the host's thread (joining texts,
 * writing to disk, HTTP) is counted by the thread's own processor time around whole rounds, so that nothing is
 * left out; packing and file writes happen in Node's pool and are told apart. The server is a process of its own.
 */
import { createAgent } from '@millrace/agent'
import { assert } from '@millrace/base'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { median } from '../spine/median.ts'
import { startAgentDoor } from './agent-door.ts'

export interface AgentBenchOptions {
  readonly rounds: number
  readonly events: number
  readonly note: (line: string) => void
}

const TOKEN = 'bench'
/** Events between two turns of the host: a busy one handles about so many requests at a time. */
const EVENTS_PER_TURN = 64
const QUEUED_EVENTS = 50_000

export async function agentBench({ rounds, events, note }: AgentBenchOptions): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-agent-bench-'))
  const door = await startAgentDoor({ folder, token: TOKEN })
  try {
    const memory: RoundCost[] = []
    const disk: RoundCost[] = []
    for (let round = 0; round < rounds + 1; round += 1) {
      const inMemory = await costOf(door.url, events, undefined)
      const onDisk = await costOf(door.url, events, join(folder, `spill-${round}`))
      // The first round warms up.
      if (round === 0) continue
      memory.push(inMemory)
      disk.push(onDisk)
      note(`round ${round}: ${inMemory.sendMicros.toFixed(3)} µs a send, ${inMemory.threadMicros.toFixed(3)} µs of the thread an event`)
    }
    const of = (costs: readonly RoundCost[], name: keyof RoundCost): number => median(costs.map((cost) => cost[name]))
    return {
      microsecondsPerSend: of(memory, 'sendMicros'),
      wallMicrosecondsPerSend: of(memory, 'sendWallMicros'),
      microsecondsPerSendWithoutSchema: of(memory, 'sendPlainMicros'),
      microsecondsOfThreadPerEvent: of(memory, 'threadMicros'),
      microsecondsOfProcessPerEvent: of(memory, 'processMicros'),
      acceptedPerSecond: of(memory, 'acceptedPerSecond'),
      microsecondsPerSendWithDisk: of(disk, 'sendMicros'),
      microsecondsOfThreadPerEventWithDisk: of(disk, 'threadMicros'),
      acceptedPerSecondWithDisk: of(disk, 'acceptedPerSecond'),
      bytesHeldPerQueuedEvent: await bytesHeld(),
      bytesOfAnEvent: JSON.stringify(eventAt(0)).length,
    }
  } finally {
    await door.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface RoundCost {
  readonly sendMicros: number
  /** By the clock on the wall: with all that other programs took meanwhile. */
  readonly sendWallMicros: number
  /** Of events whose schema is not known yet. */
  readonly sendPlainMicros: number
  /** Processor time of the host's thread, from the first send to the last answer. */
  readonly threadMicros: number
  /** With the threads of Node's pool and of the garbage collector. */
  readonly processMicros: number
  readonly acceptedPerSecond: number
}

async function costOf(url: string, events: number, diskFolder: string | undefined): Promise<RoundCost> {
  const agent = createAgent({
    url,
    token: TOKEN,
    startJitterMs: 0,
    schemaJitterMs: 0,
    memoryBytesMax: 1 << 30,
    ...(diskFolder === undefined ? {} : { diskFolder }),
  })
  const plain = await sendAll(agent, Math.min(events, 20_000))
  assert(await agent.flush({ timeoutMs: 60_000 }), 'the first events are accepted')
  while (agent.stats().schemas['checkout'] === undefined) await nextTurn()
  const startMs = performance.now()
  const thread = process.threadCpuUsage()
  const whole = process.cpuUsage()
  const sent = await sendAll(agent, events)
  assert(await agent.flush({ timeoutMs: 120_000 }), 'all events are accepted')
  const threadUsed = process.threadCpuUsage(thread)
  const wholeUsed = process.cpuUsage(whole)
  const tookMs = performance.now() - startMs
  const { dropped, parked } = agent.stats()
  assert(dropped === 0 && parked === 0, 'nothing is dropped and nothing set aside')
  await agent.close()
  return {
    sendMicros: sent.micros,
    sendWallMicros: sent.wallMicros,
    sendPlainMicros: plain.micros,
    threadMicros: (threadUsed.user + threadUsed.system) / events,
    processMicros: (wholeUsed.user + wholeUsed.system) / events,
    acceptedPerSecond: (events / tookMs) * 1000,
  }
}

interface SendCost {
  readonly micros: number
  readonly wallMicros: number
}

type Sender = Pick<ReturnType<typeof createAgent>, 'send'>

/**
 * Microseconds of the thread's own processor time a send, garbage collection within it included: what other programs
 * take of the machine meanwhile is not the agent's. Each event is a new object, made before the clock starts.
 */
async function sendAll(agent: Sender, events: number): Promise<SendCost> {
  let spentMicros = 0
  let wallMs = 0
  for (let from = 0; from < events; from += EVENTS_PER_TURN) {
    const turn = Array.from({ length: Math.min(EVENTS_PER_TURN, events - from) }, (_, at) => eventAt(from + at))
    const startMs = performance.now()
    const before = process.threadCpuUsage()
    for (const event of turn) agent.send('checkout', event)
    const used = process.threadCpuUsage(before)
    spentMicros += used.user + used.system
    wallMs += performance.now() - startMs
    await nextTurn()
  }
  return { micros: spentMicros / events, wallMicros: (wallMs * 1000) / events }
}

function eventAt(number: number): object {
  return {
    order_id: 1_000_000 + number,
    customer: `customer-${number % 5000}`,
    total: (1999 + (number % 10_000)) / 100,
    currency: 'EUR',
    paid: number % 3 !== 0,
    note: number % 10 === 0 ? 'gift, please wrap' : null,
    at: '2026-11-21T09:30:00.000Z',
  }
}

/** What waiting events take, with the server away: all of the process's memory, before and after. */
async function bytesHeld(): Promise<number> {
  const agent = createAgent({ url: 'http://127.0.0.1:9', token: TOKEN, startJitterMs: 3_600_000, memoryBytesMax: 1 << 30 })
  const before = await settledBytes()
  await sendAll(agent, QUEUED_EVENTS)
  while (agent.stats().memoryBytes === 0) await nextTurn()
  await new Promise((resolve) => setTimeout(resolve, 500))
  const held = (await settledBytes()) - before
  await agent.close({ timeoutMs: 0 })
  return held / QUEUED_EVENTS
}

/** V8's own collection, without a flag on the command line. */
function collect(): void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
}

async function settledBytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    collect()
    await nextTurn()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
