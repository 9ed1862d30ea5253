/** Runs the processes of this bench and puts together what they measured. */
import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runChild } from '../run-child.ts'
import { percentile } from './percentile.ts'
import type {
  FromServer,
  FromSubscribers,
  LookUpOrder,
  LookUpResult,
  ServerOrder,
  SubscribersOrder,
  TickTold,
  ToServer,
} from './protocol.ts'

export interface SubscribeBenchOptions {
  readonly subscribers: number
  readonly ticks: number
  readonly pause: number
  readonly rows: number
  readonly lookups: number
  readonly note: (line: string) => void
}

interface FanOut {
  /** From the commit in the source's stream to the last subscriber, over all commits. */
  readonly lastP50Ms: number
  readonly lastP99Ms: number
  /** The same to the median subscriber. */
  readonly medianP50Ms: number
  readonly medianP99Ms: number
  /** All subscribed, with the rows as they are. */
  readonly joinedMs: number
  /** Of the server's process, its peak. */
  readonly serverPeakMb: number
}

const FLAGS = ['--disable-warning=ExperimentalWarning']
const PROCESSES = 2
const fileOf = (name: string): string => fileURLToPath(new URL(`./${name}-process.ts`, import.meta.url))

export async function subscribeBench(options: SubscribeBenchOptions): Promise<object> {
  const { subscribers, ticks, rows, note } = options
  const server = await startServer({ mode: 'millrace', rows })
  note(`${subscribers} subscribers of a model of ${rows} rows, ${ticks} commits`)
  const lookups = await lookUps(server, options)
  note(`look-ups: ${JSON.stringify(lookups)}`)
  const fanOut = await measured(server, options)
  note(`fan-out: ${JSON.stringify(fanOut)}`)
  await server.end()
  const bare = await startServer({ mode: 'bare', rows })
  const ceiling = { lookups: await lookUps(bare, options), fanOut: await measured(bare, options) }
  await bare.end()
  return { subscribers, ticks, fanOut, lookups, ceiling }
}

async function lookUps({ port }: RunningServer, { rows, lookups }: SubscribeBenchOptions): Promise<Readonly<Record<string, LookUpResult>>> {
  const run = (connections: number): Promise<LookUpResult> =>
    runChild({ file: fileOf('lookups'), flags: FLAGS, order: { port, rows, lookups, connections } satisfies LookUpOrder })
  return { oneAtATime: await run(1), thirtyTwoAtATime: await run(32) }
}

async function measured(server: RunningServer, { subscribers, ticks, pause }: SubscribeBenchOptions): Promise<FanOut> {
  const groups = Array.from({ length: PROCESSES }, (_, at) =>
    startSubscribers({ port: server.port, ticks, subscribers: Math.floor((subscribers + at) / PROCESSES) }),
  )
  const joined = await Promise.all(groups.map(({ ready }) => ready))
  const committed = new Map<number, number>()
  server.onCommitted((tick, atMs) => committed.set(tick, atMs))
  for (let tick = 1; tick <= ticks; tick += 1) {
    server.send({ kind: 'tick', tick })
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
  const told = await Promise.all(groups.map((group) => group.told))
  const took = (at: 'lastMs' | 'medianMs'): number[] =>
    [...committed].map(
      ([tick, atMs]) => Math.max(...told.map((group) => group.find((each) => each.tick === tick)?.[at] ?? Infinity)) - atMs,
    )
  return {
    lastP50Ms: percentile(took('lastMs'), 0.5),
    lastP99Ms: percentile(took('lastMs'), 0.99),
    medianP50Ms: percentile(took('medianMs'), 0.5),
    medianP99Ms: percentile(took('medianMs'), 0.99),
    joinedMs: Math.round(Math.max(...joined)),
    serverPeakMb: server.peakMb(),
  }
}

interface RunningServer {
  readonly port: number
  send(message: ToServer): void
  onCommitted(told: (tick: number, atMs: number) => void): void
  peakMb(): number
  end(): Promise<void>
}

async function startServer(order: ServerOrder): Promise<RunningServer> {
  const child = fork(fileOf('server'), [JSON.stringify(order)], { execArgv: FLAGS })
  let onCommitted: (tick: number, atMs: number) => void = () => undefined
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)))
    child.on('message', (message: FromServer) => {
      if (message.kind === 'ready') resolve(message.port)
      else onCommitted(message.tick, message.atMs)
    })
  })
  return {
    port,
    send: (message) => void child.send(message),
    onCommitted: (told) => (onCommitted = told),
    peakMb: () => peakMb(child),
    end: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.send({ kind: 'end' } satisfies ToServer)
      await ended
    },
  }
}

function startSubscribers(order: SubscribersOrder): { readonly ready: Promise<number>; readonly told: Promise<readonly TickTold[]> } {
  const child = fork(fileOf('subscribers'), [JSON.stringify(order)], { execArgv: FLAGS })
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`Subscribers ended with ${code} before they had everything.`)))
  })
  const ready = Promise.withResolvers<number>()
  const told = Promise.withResolvers<readonly TickTold[]>()
  child.on('message', (message: FromSubscribers) => {
    if (message.kind === 'ready') ready.resolve(message.tookMs)
    else told.resolve(message.ticks)
  })
  return { ready: Promise.race([ready.promise, failed]), told: Promise.race([told.promise, failed]) }
}

/** Where the system tells it; else 0. */
function peakMb({ pid }: ChildProcess): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1000)
  } catch {
    return 0
  }
}
