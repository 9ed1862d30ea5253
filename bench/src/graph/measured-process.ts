/** A program's process from its start to its end: its time and the most memory that it held. One at a time: see `cpuSeconds`. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

const SAMPLE_MS = 20
const TICKS_PER_SECOND = 100
/** Where Linux tells the processor time of children that have ended, counted after the name, which is in parentheses. */
const CHILDREN_FIELDS = [13, 14] as const

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
  /** Processor time, with that of processes that it forked and waited for. It is ours to read as that of all our children: they must not overlap. */
  readonly cpuSeconds: number
  /** Of the process itself, without those that it forks. */
  readonly peakMb: number
}

export function measureProcess({ program, words, folder, environment }: Program): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const begunMs = performance.now()
    const cpuBefore = childrenCpuSeconds()
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
      const seconds = (performance.now() - begunMs) / 1000
      resolve({ code, output, seconds, cpuSeconds: childrenCpuSeconds() - cpuBefore, peakMb })
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

/** 0 where the kernel does not tell. */
function childrenCpuSeconds(): number {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return CHILDREN_FIELDS.reduce((sum, at) => sum + Number(fields[at]), 0) / TICKS_PER_SECOND
  } catch {
    return 0
  }
}
