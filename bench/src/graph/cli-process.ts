/** The command line as a user calls it, with its wall time and the most memory that it held. */
import { assert } from '@millrace/base'
import { NODE_FLAGS } from 'millrace/node-flags'
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../../packages/millrace/src/main.ts', import.meta.url))
const SAMPLE_MS = 20

export interface Called {
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  readonly seconds: number
  readonly peakMb: number
}

export function callCli(folder: string, ...words: string[]): Promise<Called> {
  return new Promise((resolve, reject) => {
    const begunMs = performance.now()
    const child = spawn(process.execPath, [...NODE_FLAGS, MAIN, ...words, '--json', '--project', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // As the launcher does.
      env: { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...process.env },
    })
    let output = ''
    let peakMb = 0
    const sampling = setInterval(() => {
      peakMb = Math.max(peakMb, peakOf(child.pid))
    }, SAMPLE_MS)
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.once('error', reject)
    child.once('close', (code) => {
      clearInterval(sampling)
      const seconds = (performance.now() - begunMs) / 1000
      assert(code === 0, `millrace ${words[0]} ends well: ${output.slice(0, 2000)}`)
      const lines = output.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
      resolve({ lines, seconds, peakMb })
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
