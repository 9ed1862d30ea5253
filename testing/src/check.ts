/**
 * `npm run check`: everything that must hold before a change lands, in under a minute on two cores.
 * One calm line a part; the output of a part is shown only if it failed. `--json` prints one object.
 */
import { type Part, type PartResult, runPart } from './house/run-part.ts'

const testsPassed = (output: string): string => /Tests\s+(\d+ passed)/.exec(output)?.[1] ?? ''

/** The longest first, so that the short ones fill the time beside it. */
const PARTS: readonly Part[] = [
  { name: 'tests', command: ['vitest', 'run', '--project', 'fast'], summary: testsPassed },
  { name: 'tidy', command: ['vitest', 'run', '--project', 'tidy'], summary: testsPassed },
  { name: 'lint', command: ['oxlint', '--type-aware'], summary: (output) => /on (\d+ files)/.exec(output)?.[1] ?? '' },
  { name: 'types', command: ['tsc', '--noEmit', '-p', 'tsconfig.json'] },
  { name: 'format', command: ['oxfmt', '--check', '.'], summary: (output) => /on (\d+ files)/.exec(output)?.[1] ?? '' },
  { name: 'unused', command: ['knip', '--no-progress'] },
]

const PARTS_AT_ONCE = 2

async function main(): Promise<number> {
  const json = process.argv.includes('--json')
  const startedMs = performance.now()
  const results: PartResult[] = []
  const waiting = [...PARTS]
  const worker = async (): Promise<void> => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      const result = await runPart(part)
      results.push(result)
      if (!json) process.stdout.write(lineOf(result))
    }
  }
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, worker))

  const failed = results.filter((result) => !result.passed)
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10
  if (json) {
    const parts = results.map(({ output, ...rest }) => (rest.passed ? rest : { ...rest, output }))
    process.stdout.write(`${JSON.stringify({ passed: failed.length === 0, seconds, parts })}\n`)
  } else {
    for (const { name, output } of failed) process.stdout.write(`\n── ${name} ──\n${output}\n`)
    process.stdout.write(`\n${failed.length === 0 ? 'all is well' : `${failed.length} of ${results.length} failed`}, ${seconds} s\n`)
  }
  return failed.length === 0 ? 0 : 1
}

function lineOf({ name, passed, seconds, summary }: PartResult): string {
  return `${passed ? '✓' : '✗'} ${name.padEnd(8)}${`${seconds.toFixed(1)} s`.padStart(7)}  ${summary}`.trimEnd() + '\n'
}

process.exitCode = await main()
