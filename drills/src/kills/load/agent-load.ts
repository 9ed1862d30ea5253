/**
 * The application: it sends events through its agent, and is killed like Millrace itself. What its agent said to be
 * safe must arrive; what it had only just taken may; nothing may arrive twice.
 */
import type { Clock } from '@millrace/base'
import { changeAt, type LogReader } from '@millrace/core'
import { freePort } from '@millrace/testing'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { HostOrder } from './agent-host-process.ts'
import type { Load, LoadVerdict } from './load.ts'

const HOST = fileURLToPath(new URL('./agent-host-process.ts', import.meta.url))
const STREAM = 'app.clicks'
const TOKEN = 'token-of-the-kills-drill'

interface Host {
  readonly child: ChildProcess
  readonly ended: Promise<unknown>
}

export class AgentLoad implements Load {
  readonly source = 'app'
  readonly environment = { APP_TOKEN: TOKEN }
  readonly #project: string
  readonly #port: number
  readonly #clock: Clock
  /** By life: so many events are safe. */
  readonly #safe: number[] = []
  #host: Host | null = null

  private constructor(project: string, port: number, clock: Clock) {
    this.#project = project
    this.#port = port
    this.#clock = clock
  }

  static async open({ project, clock }: { project: string; clock: Clock }): Promise<AgentLoad> {
    return new AgentLoad(project, await freePort(), clock)
  }

  config(): object {
    const columns = { life: 'int64', number: 'int64', page: 'text' }
    return {
      kind: 'agent',
      port: this.#port,
      teams: { web: { token: { secret: 'env', name: 'APP_TOKEN' }, streams: { clicks: { columns } } } },
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#end('SIGTERM')
    this.#begin(false)
    while (!signal.aborted) {
      await this.#clock.sleep(100, signal).catch(() => undefined)
      if (this.#host === null && !signal.aborted) this.#begin(false)
    }
    await this.#end('SIGTERM')
    this.#begin(true)
  }

  /** As by a power cut to the application; the next one begins by itself. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  arrived(reader: LogReader): Promise<boolean> {
    return Promise.resolve(this.#compare(reader).lost === 0)
  }

  judge(reader: LogReader): Promise<LoadVerdict> {
    return Promise.resolve(this.#compare(reader))
  }

  async close(): Promise<void> {
    await this.#end('SIGKILL')
  }

  #compare(reader: LogReader): LoadVerdict {
    const arrived = new Map<string, number>()
    if (reader.streams().some(({ name }) => name === STREAM)) count(reader, arrived)
    let lost = 0
    for (const [life, safe] of this.#safe.entries()) {
      for (let number = 0; number < safe; number += 1) if (!arrived.has(`${life}/${number}`)) lost += 1
    }
    const duplicated = [...arrived.values()].reduce((sum, times) => sum + times - 1, 0)
    return { lost, duplicated, compared: arrived.size }
  }

  #begin(drain: boolean): void {
    const life = this.#safe.push(0) - 1
    const order: HostOrder = { url: `http://127.0.0.1:${this.#port}`, token: TOKEN, folder: join(this.#project, 'agent'), life, drain }
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', HOST, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stderr.pipe(createWriteStream(join(this.#project, 'agent-host.log'), { flags: 'a' }))
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#safe[life] = Number(line)
    })
    // Its output ends after its last word was read.
    const host = { child, ended: once(child, 'close') }
    this.#host = host
    void host.ended.then(() => {
      if (this.#host === host) this.#host = null
    })
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const host = this.#host
    if (host === null) return
    host.child.kill(signal)
    await host.ended
    this.#host = null
  }
}

function count(reader: LogReader, arrived: Map<string, number>): void {
  const names = reader.stream(STREAM).schema.columns.map(({ name }) => name)
  const [life, number] = [names.indexOf('life'), names.indexOf('number')]
  for (const stored of reader.read(STREAM)) {
    const batch = stored.batch()
    for (let row = 0; row < batch.count; row += 1) {
      const { after } = changeAt(batch, row)
      const key = `${String(after[life])}/${String(after[number])}`
      arrived.set(key, (arrived.get(key) ?? 0) + 1)
    }
  }
}
