/** A program's process from its start to its end: its wall time and the most memory that it held. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

const SAMPLE_MS = 20

export interface Program {
  readonly program: string
  readonly words: readonly string[]
  readonly folder?: string
  /** Added to ours. */
  readonly environment?: Readonly<Record<string, string>>
}

export interface Measured {
  readonly code: number | null
  /** Its stdout. */
  readonly output: string
  readonly seconds: number
  /** Of the process itself, without those that it forks. */
  readonly peakMb: number
}

export function measureProcess({ program, words, folder, environment }: Program): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const begunMs = performance.now()
    const child = spawn(program, words, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...environment } })
    let output = ''
    let peakMb = 0
    const sampling = setInterval(() => {
      peakMb = Math.max(peakMb, peakOf(child.pid))
    }, SAMPLE_MS)
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.once('error', (error) => {
      clearInterval(sampling)
      reject(error)
    })
    child.once('close', (code) => {
      clearInterval(sampling)
      resolve({ code, output, seconds: (performance.now() - begunMs) / 1000, peakMb })
    })
  })
}

/** As the kernel counts it; 0 where it does not tell. */
function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
