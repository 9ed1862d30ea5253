/** Starts `capture-child.ts` under a limit of memory and waits for what it says. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { assert } from '@millrace/base'

export interface CappedCapture {
  /** Resolves once every source follows its stream. */
  readonly ready: Promise<void>
  readonly child: ChildProcess
  /** Ends it in order; yields the most memory that it ever had. */
  stop(): Promise<number>
}

export interface CappedOptions {
  readonly heapMegabytes: number
  readonly storePath: string
  readonly sources: Readonly<Record<string, string>>
}

export function startCapped({ heapMegabytes, storePath, sources }: CappedOptions): CappedCapture {
  const program = fileURLToPath(new URL('./capture-child.ts', import.meta.url))
  const places = Object.entries(sources).map(([name, url]) => `${name}=${url}`)
  const flags = ['--disable-warning=ExperimentalWarning', `--max-old-space-size=${heapMegabytes}`]
  const child = spawn(process.execPath, [...flags, program, storePath, ...places], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ready = Promise.withResolvers<void>()
  let peakMegabytes: number | null = null
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line === 'ready') ready.resolve()
    else peakMegabytes = (JSON.parse(line) as { peakMegabytes: number }).peakMegabytes
  })
  child.once('exit', (code, signal) => ready.reject(new Error(`capture ended with ${code ?? signal} before it followed`)))
  ready.promise.catch(() => undefined)
  return {
    ready: ready.promise,
    child,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      assert(child.exitCode === 0 && peakMegabytes !== null, `capture ended in order, not with ${child.exitCode ?? child.signalCode}`)
      return peakMegabytes
    },
  }
}
