/** One life of `millrace start` as a child process, from its start to the SIGKILL. */
import { assert, type Clock } from '@millrace/base'
import { NODE_FLAGS } from 'millrace/node-flags'
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, type WriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Kill } from './kill.ts'

const MAIN = fileURLToPath(new URL('../../../packages/millrace/src/main.ts', import.meta.url))
/** A named point that was not met for so long is replaced by a kill on the spot. */
const POINT_WAIT_MS = 6000
const READY_WAIT_MS = 60_000
const BEGUN_WAIT_MS = 15_000

export interface VictimOptions {
  readonly project: string
  readonly environment: Readonly<Record<string, string>>
  readonly logPath: string
  readonly clock: Clock
}

interface Node {
  readonly kind: string
  readonly phase: string
  readonly evidence: Readonly<Record<string, unknown>>
}

export type Death = 'at-point' | 'at-time' | 'point-not-met'

export class Victim {
  readonly #options: VictimOptions
  readonly #child: ChildProcess
  readonly #log: WriteStream
  readonly #exited: Promise<void>
  #ready = false
  #url: string | null = null
  #ended = false
  /** The signal that ended it, or its exit code. */
  #end = ''

  constructor(options: VictimOptions, kill: Kill | null) {
    this.#options = options
    this.#log = createWriteStream(options.logPath, { flags: 'a' })
    this.#log.write(`--- ${kill === null ? 'to the end' : JSON.stringify(kill)}\n`)
    const armed = kill?.at === 'point' ? { MILLRACE_CRASH_AT: `${kill.point}:${kill.visit}` } : {}
    this.#child = spawn(process.execPath, [...NODE_FLAGS, MAIN, 'start', '--json', '--port', '0', '--project', options.project], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.environment, ...armed },
    })
    this.#child.stderr?.pipe(this.#log, { end: false })
    assert(this.#child.stdout !== null, 'the child has an output')
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#log.write(`${line}\n`)
      if (!line.includes('"event":"ready"')) return
      this.#ready = true
      this.#url = (JSON.parse(line) as { console: string }).console
    })
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.#ended = true
        this.#end = signal ?? `exit code ${code}`
        this.#log.end()
        resolve()
      })
    })
  }

  /** Where it can be asked; null until it is ready. */
  get url(): string | null {
    return this.#url
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Whether a source is still reading rows that were there before it; true also where that is not known. */
  async isFilling(): Promise<boolean> {
    if (this.#url === null) return true
    const answer = await fetch(new URL('/api/graph', this.#url)).catch(() => null)
    if (answer?.ok !== true) return true
    const { nodes } = (await answer.json()) as { nodes: readonly Node[] }
    return nodes.some(({ kind, phase, evidence }) => kind === 'source' && (phase !== 'running' || (evidence['fillTables'] ?? 0) !== 0))
  }

  /**
   * Waits for the planned death, or brings it. A point that is not met in time is replaced by a kill on the
   * spot; a death by time counts from when the process was ready and `begun`.
   */
  async die(kill: Kill, begun: Promise<unknown> = Promise.resolve()): Promise<Death> {
    const { clock } = this.#options
    if (kill.at === 'time') {
      await this.#waitFor(() => this.#ready, READY_WAIT_MS)
      await Promise.race([begun, clock.sleep(BEGUN_WAIT_MS)])
      await clock.sleep(kill.delayMs)
    } else {
      await this.#waitFor(() => this.#ready, READY_WAIT_MS)
      await this.#waitFor(() => false, POINT_WAIT_MS)
    }
    const met = this.#ended
    await this.kill()
    assert(this.#end === 'SIGKILL', `the process lives until it is killed, and did not end by itself (${this.#end})`)
    return kill.at === 'time' ? 'at-time' : met ? 'at-point' : 'point-not-met'
  }

  async kill(): Promise<void> {
    if (!this.#ended) this.#child.kill('SIGKILL')
    await this.#exited
  }

  /** The orderly end, as by an operator. */
  async stop(): Promise<void> {
    if (!this.#ended) this.#child.kill('SIGTERM')
    await this.#exited
  }

  async #waitFor(done: () => boolean, limitMs: number): Promise<void> {
    const { clock } = this.#options
    const endMs = clock.monotonicMs() + limitMs
    while (!this.#ended && !done() && clock.monotonicMs() < endMs) await clock.sleep(10)
  }
}
