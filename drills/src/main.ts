/**
 * Drills: each a known incident, injected on purpose, and survived or caught.
 *
 *   npm run drill -- crash --kills 100 --seed 1 --json
 *
 * Exit code 0 if the drill was survived, 1 if not, 64 if it was asked wrongly.
 */
import { describeError } from '@millrace/base'
import { parseArgs } from 'node:util'
import { crashDrill } from './crash/crash-drill.ts'

const HELP = `npm run drill -- NAME [options]

  crash   kill the process at named points and at random, under load; count what was lost or repeated
            --kills N   how often; default 20
            --seed N    the seed of the workload and of the kills; default 1

Options of every drill
  --json    print the outcome as one line of JSON
  --keep    keep the folder with store and logs

Example
  npm run drill -- crash --kills 100 --seed 1 --json`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(`${HELP}\n`)
    return 0
  }
  if (positionals[0] !== 'crash') {
    process.stderr.write(`${HELP}\n`)
    return 64
  }
  const note = (line: string): void => {
    process.stderr.write(`${line}\n`)
  }
  const outcome = await crashDrill({ kills: Number(values.kills), seed: Number(values.seed), keep: values.keep, note })
  process.stdout.write(values.json ? `${JSON.stringify(outcome)}\n` : `${JSON.stringify(outcome, null, 2)}\n`)
  return outcome.lost === 0 && outcome.duplicated === 0 && outcome.proof === 'equal' ? 0 : 1
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`The drill itself failed: ${describeError(error)}\n`)
  if (error instanceof Error && error.stack !== undefined) process.stderr.write(`${error.stack}\n`)
  return 1
})
process.exit()
