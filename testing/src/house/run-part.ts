/** One tool of the house, run to its end, with what it said kept for the case that it fails. */
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { ROOT } from './root.ts'

export interface Part {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** Draws a few words from the output of a part that passed: how many tests, how many files. */
  readonly summary?: (output: string) => string
}

export interface PartResult {
  readonly name: string
  readonly passed: boolean
  readonly seconds: number
  readonly summary: string
  readonly output: string
}

const OUTPUT_CHARACTERS_MAX = 1_000_000

export async function runPart({ name, command, summary }: Part): Promise<PartResult> {
  const startedMs = performance.now()
  const bin = join(ROOT, 'node_modules', '.bin')
  const [program, ...parameters] = command
  const child = spawn(program, parameters, {
    cwd: ROOT,
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`, NO_COLOR: '1', FORCE_COLOR: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-OUTPUT_CHARACTERS_MAX)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      output += error.message
      resolve(null)
    })
    child.once('close', resolve)
  })
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10
  return { name, passed: code === 0, seconds, summary: code === 0 ? (summary?.(output) ?? '') : '', output: output.trim() }
}
