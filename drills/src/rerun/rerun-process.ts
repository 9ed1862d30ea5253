/** The command line as an operator's scheduler calls it, once, perhaps killed. */
import { NODE_FLAGS } from 'millrace/node-flags'
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../../packages/millrace/src/main.ts', import.meta.url))

export interface Call {
  readonly folder: string
  readonly words: readonly string[]
  /** A point of `MILLRACE_CRASH_AT`. */
  readonly crashAt?: string
  readonly killAfterMs?: number
}

export interface Ended {
  readonly output: string
  readonly code: number | null
  readonly isKilled: boolean
}

export function call({ folder, words, crashAt, killAfterMs }: Call): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...NODE_FLAGS, MAIN, ...words, '--json', '--project', folder], {
      // As the launcher does.
      env: {
        NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
        ...process.env,
        ...(crashAt === undefined ? {} : { MILLRACE_CRASH_AT: crashAt }),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ output, code, isKilled: signal === 'SIGKILL' })
    })
  })
}
