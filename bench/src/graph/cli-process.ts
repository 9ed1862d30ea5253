/** The command line as a user calls it, with its wall time and the most memory that it held. */
import { assert } from '@millrace/base'
import { NODE_FLAGS } from 'millrace/node-flags'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measureProcess } from './measured-process.ts'

const MAIN = fileURLToPath(new URL('../../../packages/millrace/src/main.ts', import.meta.url))

export interface Called {
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakMb: number
}

export async function callCli(folder: string, ...words: string[]): Promise<Called> {
  const { code, output, seconds, cpuSeconds, peakMb } = await measureProcess({
    program: process.execPath,
    words: [...NODE_FLAGS, MAIN, ...words, '--json', '--project', folder],
    // As the launcher does.
    environment: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(tmpdir(), 'node-compile-cache') },
  })
  assert(code === 0, `millrace ${words[0]} ends well: ${output.slice(0, 2000)}`)
  const lines = output.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
  return { lines, seconds, cpuSeconds, peakMb }
}
