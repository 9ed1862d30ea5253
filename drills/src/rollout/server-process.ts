/** One life of the server, watched from outside: its memory as the system counts it, its evidence as it tells it. */
import { assert } from '@millrace/base'
import { NODE_FLAGS } from 'millrace/node-flags'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { TOKEN } from './project.ts'

const MAIN = fileURLToPath(new URL('../../../packages/millrace/src/main.ts', import.meta.url))
const START_LIMIT_MS = 60_000

export type Evidence = Readonly<Record<string, string | number | boolean | null>>

export interface ServerMemory {
  /** Resident bytes now, and the most there ever were. */
  readonly nowBytes: number
  readonly peakBytes: number
}

export interface ServerOptions {
  readonly folder: string
  readonly logPath: string
  /** `agent.before-commit:3`: the server is killed there, as by SIGKILL. */
  readonly crashAt?: string
}

export class ServerProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  #console: string | null = null

  private constructor(child: ChildProcess, logPath: string) {
    this.#child = child
    this.#exited = once(child, 'exit')
    const log = createWriteStream(logPath, { flags: 'a' })
    child.stderr?.pipe(log)
    assert(child.stdout !== null, 'the server has an output')
    createInterface({ input: child.stdout }).on('line', (line) => {
      log.write(`${line}\n`)
      if (line.includes('"event":"ready"')) this.#console = (JSON.parse(line) as { console: string }).console
    })
  }

  /** Resolves once its door is open, or once it has met the point at which it was told to crash. */
  static async start({ folder, logPath, crashAt }: ServerOptions): Promise<ServerProcess> {
    const child = spawn(process.execPath, [...NODE_FLAGS, MAIN, 'start', '--json', '--port', '0', '--project', folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FLEET_TOKEN: TOKEN, ...(crashAt === undefined ? {} : { MILLRACE_CRASH_AT: crashAt }) },
    })
    const server = new ServerProcess(child, logPath)
    const endMs = performance.now() + START_LIMIT_MS
    while ((await server.evidence())['door'] === undefined) {
      if (crashAt !== undefined && server.#hasEnded) break
      assert(!server.#hasEnded, `the server runs on; see ${logPath}`)
      assert(performance.now() < endMs, `the server opens its door in time; see ${logPath}`)
      await sleep(50)
    }
    return server
  }

  /** What the source says of itself; nothing before the server is ready. */
  async evidence(): Promise<Evidence> {
    if (this.#console === null) return {}
    const answer = await fetch(`${this.#console}/api/graph`).catch(() => null)
    if (answer === null) return {}
    const graph = (await answer.json()) as { nodes: { kind: string; evidence: Evidence }[] }
    return graph.nodes.find(({ kind }) => kind === 'source')?.evidence ?? {}
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  memory(): ServerMemory {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    const bytesOf = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024
    return { nowBytes: bytesOf('VmRSS'), peakBytes: bytesOf('VmHWM') }
  }

  /** Of itself, or at the point at which it was told to crash. */
  async ended(): Promise<void> {
    await this.#exited
  }

  async stop(): Promise<void> {
    if (!this.#hasEnded) this.#child.kill('SIGTERM')
    await this.#exited
  }

  async kill(): Promise<void> {
    if (!this.#hasEnded) this.#child.kill('SIGKILL')
    await this.#exited
  }
}
