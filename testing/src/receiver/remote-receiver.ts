/**
 * A receiver in a process of its own: started, asked and told over a second, loopback-only port.
 * `GET /stats`, `GET /rows?stream=…` (JSON lines), `POST /behave`, `POST /trust`, `POST /reset-latency`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Behaviour, ReceiverOptions, ReceiverStats } from './receiver.ts'

export interface ReceiverProcess {
  readonly pid: number
  readonly url: string
  stats(): Promise<ReceiverStats>
  rows(stream: string): Promise<Record<string, unknown>[]>
  behave(behaviour: Behaviour): Promise<void>
  trust(secrets: readonly string[]): Promise<void>
  resetLatency(): Promise<void>
  close(): Promise<void>
}

/** The child ends with its standard input, so it does not outlive whoever started it. */
export async function startReceiverProcess(options: ReceiverOptions): Promise<ReceiverProcess> {
  const program = new URL('receiver-process.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.write(`${JSON.stringify(options)}\n`)
  const lines = createInterface({ input: child.stdout })
  const ready = once(lines, 'line') as Promise<[string]>
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the receiver's process ended with ${String(code)}`)))
  const [line] = await Promise.race([ready, ended])
  ended.catch(() => undefined)
  const { url, control } = JSON.parse(line) as { url: string; control: string }
  const post = async (path: string, body: unknown): Promise<void> => {
    await fetch(control + path, { method: 'POST', body: JSON.stringify(body) })
  }
  return {
    pid: child.pid as number,
    url,
    stats: async () => (await (await fetch(`${control}/stats`)).json()) as ReceiverStats,
    rows: async (stream) => {
      const text = await (await fetch(`${control}/rows?stream=${encodeURIComponent(stream)}`)).text()
      return text.split('\n').flatMap((row) => (row === '' ? [] : [JSON.parse(row) as Record<string, unknown>]))
    },
    behave: (behaviour) => post('/behave', behaviour),
    trust: (secrets) => post('/trust', secrets),
    resetLatency: () => post('/reset-latency', null),
    close: async () => {
      const exit = once(child, 'exit')
      child.stdin.end()
      await exit
    },
  }
}
