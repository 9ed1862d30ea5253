/**
 * A roll-out: thousands of agents start at once before a server that has never heard of them, and once more when
 * it comes back with a newer schema. It must neither fall over nor swell, and nothing may be lost or repeated.
 */
import { changeAt } from '@millrace/core'
import { openReader } from '@millrace/store'
import { freePort } from '@millrace/testing'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fleet } from './fleet.ts'
import type { FleetEnd } from './fleet-message.ts'
import { LOG_STREAM, writeProject } from './project.ts'
import { type Evidence, ServerProcess } from './server-process.ts'

export interface RolloutOptions {
  readonly agents: number
  readonly keep: boolean
  readonly note: (line: string) => void
}

export interface WaveOutcome {
  /** From the word "begin", or the server's return, to the last agent's first accepted batch. */
  readonly lastAgentHeardMs: number
  readonly peakBytes: number
  /** The mean while all agents go about their work. */
  readonly steadyBytes: number
  readonly peakOverSteady: number
  readonly schemaRequests: number
  /** Of them, answered without a body. */
  readonly schemaNotModified: number
  readonly schemas: number
  readonly upstreamReadsPerSchema: number
  readonly turnedAway: number
  readonly requestsAtOnceMax: number
  readonly connections: number
}

export interface RolloutOutcome {
  readonly agents: number
  readonly waves: readonly WaveOutcome[]
  readonly peakBytes: number
  readonly peakOverSteady: number
  readonly upstreamReadsPerSchema: number
  readonly turnedAway: number
  readonly retries: number
  readonly events: number
  readonly lost: number
  readonly duplicated: number
  readonly dropped: number
  readonly parked: number
  /** Empty where the drill was survived. */
  readonly missed: readonly string[]
}

const PROCESSES = 4
const PERIOD_MS = 10_000
const WAVE_LIMIT_MS = 90_000
const STEADY_MS = 8000
const STEADY_SAMPLES = 16
/** Of steady state: the goal. */
const PEAK_OVER_STEADY_MAX = 1.5
/** Files that a process needs beside its connections. */
const FILES_BESIDE = 200

export async function rolloutDrill({ agents, keep, note }: RolloutOptions): Promise<RolloutOutcome> {
  checkFileLimit(agents)
  const folder = mkdtempSync(join(tmpdir(), 'millrace-rollout-'))
  const logPath = join(folder, 'server.log')
  const project = join(folder, 'project')
  mkdirSync(project)
  const port = await freePort()
  let server: ServerProcess | null = null
  let fleet: Fleet | null = null
  try {
    writeProject({ folder: project, port, version: 1 })
    server = await ServerProcess.start({ folder: project, logPath })
    note(`the server is up with ${mebibytes(server.memory().nowBytes)} MiB`)
    fleet = await Fleet.start(ordersFor(agents, port))
    const beganMs = Date.now()
    fleet.tell({ kind: 'begin' })
    const first = await wave({ fleet, server, agents, beganMs, isLearnt: ({ learnt }) => learnt === agents, note })
    fleet.tell({ kind: 'newer' })
    await server.stop()
    writeProject({ folder: project, port, version: 2 })
    server = await ServerProcess.start({ folder: project, logPath })
    note('the server is back, with a newer schema')
    const second = await wave({ fleet, server, agents, beganMs: Date.now(), isLearnt: ({ learntAnew }) => learntAnew === agents, note })
    const { retries } = fleet.view()
    const ends = await fleet.end(WAVE_LIMIT_MS * 2)
    for (const { problems } of ends) note(`overcome: ${JSON.stringify(problems)}`)
    await server.stop()
    return judge({ agents, waves: [first, second], retries, ends, storePath: join(project, '.millrace/store.db') })
  } finally {
    fleet?.kill()
    await server?.kill()
    if (keep) note(`kept: ${folder}`)
    else rmSync(folder, { recursive: true, force: true })
  }
}

interface Wave {
  readonly fleet: Fleet
  readonly server: ServerProcess
  readonly agents: number
  readonly beganMs: number
  readonly isLearnt: Parameters<Fleet['reaches']>[0]
  readonly note: (line: string) => void
}

async function wave({ fleet, server, agents, beganMs, isLearnt, note }: Wave): Promise<WaveOutcome> {
  const isHeard = await fleet.reaches(({ heard }) => heard === agents, WAVE_LIMIT_MS)
  const { lastHeardMs, heard } = fleet.view()
  note(`${heard} of ${agents} agents were heard, the last after ${lastHeardMs - beganMs} ms`)
  await fleet.reaches(isLearnt, WAVE_LIMIT_MS)
  let steady = 0
  for (let sample = 0; sample < STEADY_SAMPLES; sample += 1) {
    await sleep(STEADY_MS / STEADY_SAMPLES)
    steady += server.memory().nowBytes / STEADY_SAMPLES
  }
  const evidence = await server.evidence()
  const reads = readsOf(evidence)
  const { peakBytes } = server.memory()
  note(`peak ${mebibytes(peakBytes)} MiB, steady ${mebibytes(steady)} MiB; ${String(evidence['schemas'])}`)
  return {
    lastAgentHeardMs: isHeard ? lastHeardMs - beganMs : Number.POSITIVE_INFINITY,
    peakBytes,
    steadyBytes: Math.round(steady),
    peakOverSteady: peakBytes / steady,
    schemaRequests: numberOf(evidence, 'schemaRequests'),
    schemaNotModified: numberOf(evidence, 'notModified'),
    schemas: reads.length,
    upstreamReadsPerSchema: Math.max(0, ...reads),
    turnedAway: numberOf(evidence, 'turnedAway') + numberOf(evidence, 'schemasTurnedAway'),
    requestsAtOnceMax: numberOf(evidence, 'requestsAtOnceMax'),
    connections: numberOf(evidence, 'connections'),
  }
}

interface Judged {
  readonly agents: number
  readonly waves: readonly WaveOutcome[]
  readonly retries: number
  readonly ends: readonly FleetEnd[]
  readonly storePath: string
}

function judge({ agents, waves, retries, ends, storePath }: Judged): RolloutOutcome {
  const sent = ends.flatMap((end) => end.sent)
  const { lost, duplicated } = compareWithLog(sent, storePath)
  const sum = (name: 'dropped' | 'parked' | 'unsent'): number => ends.reduce((total, end) => total + end[name], 0)
  const peakOverSteady = Math.max(...waves.map((each) => each.peakOverSteady))
  const upstreamReadsPerSchema = Math.max(...waves.map((each) => each.upstreamReadsPerSchema))
  const [dropped, parked, unsent] = [sum('dropped'), sum('parked'), sum('unsent')]
  const missed = [
    ...(waves.every((each) => Number.isFinite(each.lastAgentHeardMs)) ? [] : ['not every agent was heard']),
    ...(peakOverSteady <= PEAK_OVER_STEADY_MAX ? [] : [`memory rose to ${peakOverSteady.toFixed(2)} of steady state`]),
    ...(upstreamReadsPerSchema === 1 ? [] : [`a schema was read ${upstreamReadsPerSchema} times`]),
    ...(lost === 0 && duplicated === 0 ? [] : [`${lost} events lost, ${duplicated} duplicated`]),
    ...(dropped === 0 && parked === 0 && unsent === 0 ? [] : [`${dropped} dropped, ${parked} parked, ${unsent} agents not emptied`]),
  ]
  return {
    agents,
    waves,
    peakBytes: Math.max(...waves.map((each) => each.peakBytes)),
    peakOverSteady,
    upstreamReadsPerSchema,
    turnedAway: waves.reduce((total, each) => total + each.turnedAway, 0),
    retries,
    events: sent.reduce((total, each) => total + each, 0),
    lost,
    duplicated,
    dropped,
    parked,
    missed,
  }
}

/** Each agent numbered its events: the log must hold each number once, and none besides. */
function compareWithLog(sent: readonly number[], storePath: string): { readonly lost: number; readonly duplicated: number } {
  const seen = sent.map((events) => new Uint8Array(events))
  const reader = openReader(storePath)
  let found = 0
  try {
    for (const stored of reader.read(LOG_STREAM)) {
      const batch = stored.batch()
      for (let row = 0; row < batch.count; row += 1) {
        const [agent, event] = changeAt(batch, row).after
        const flags = seen[Number(agent)]
        if (flags !== undefined && Number(event) < flags.length) flags[Number(event)] = 1
        found += 1
      }
    }
  } finally {
    reader.close()
  }
  const distinct = seen.reduce((total, flags) => total + flags.reduce((sum, flag) => sum + flag, 0), 0)
  const events = sent.reduce((total, each) => total + each, 0)
  return { lost: events - distinct, duplicated: found - distinct }
}

/** `ab12: asked for 5000, read 1; …` */
function readsOf(evidence: Evidence): number[] {
  return [...String(evidence['schemas'] ?? '').matchAll(/read (\d+)/g)].map((match) => Number(match[1]))
}

function numberOf(evidence: Evidence, name: string): number {
  return Number(evidence[name] ?? 0)
}

function ordersFor(agents: number, port: number): { url: string; first: number; agents: number; periodMs: number }[] {
  const share = Math.ceil(agents / PROCESSES)
  return Array.from({ length: PROCESSES }, (_, at) => ({ first: at * share, agents: Math.min(share, agents - at * share) }))
    .filter((order) => order.agents > 0)
    .map((order) => ({ ...order, url: `http://127.0.0.1:${port}`, periodMs: PERIOD_MS }))
}

/** The server holds a connection for each agent. */
function checkFileLimit(agents: number): void {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 'unlimited'
  if (soft === 'unlimited' || Number(soft) >= agents + FILES_BESIDE) return
  throw new Error(
    `${agents} agents need ${agents + FILES_BESIDE} open files and the limit is ${soft}: run \`ulimit -n ${agents + FILES_BESIDE}\` first.`,
  )
}

function mebibytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(0)
}
