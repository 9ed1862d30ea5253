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

  /** Resolves once its door is open. */
  static async start({ folder, logPath }: { readonly folder: string; readonly logPath: string }): Promise<ServerProcess> {
    const child = spawn(process.execPath, [...NODE_FLAGS, MAIN, 'start', '--json', '--port', '0', '--project', folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FLEET_TOKEN: TOKEN },
    })
    const server = new ServerProcess(child, logPath)
    const endMs = performance.now() + START_LIMIT_MS
    while ((await server.evidence())['door'] === undefined) {
      assert(child.exitCode === null, `the server runs on; see ${logPath}`)
      assert(performance.now() < endMs, `the server opens its door in time; see ${logPath}`)
      await sleep(50)
    }
    return server
  }

  /** What the source says of itself; nothing before the server is ready. */
  async evidence(): Promise<Evidence> {
    if (this.#console === null) return {}
    const graph = (await (await fetch(`${this.#console}/api/graph`)).json()) as { nodes: { kind: string; evidence: Evidence }[] }
    return graph.nodes.find(({ kind }) => kind === 'source')?.evidence ?? {}
  }

  memory(): ServerMemory {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    const bytesOf = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024
    return { nowBytes: bytesOf('VmRSS'), peakBytes: bytesOf('VmHWM') }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM')
    await this.#exited
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL')
    await this.#exited
  }
}
