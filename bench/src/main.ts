/**
 * Benches: what Millrace does, measured beside its peer or its physical limit in the same run.
 *
 *   npm run bench -- spine --json
 */
import { describeError } from '@millrace/base'
import { parseArgs } from 'node:util'
import { spineBench } from './spine/spine.ts'

const HELP = `npm run bench -- NAME [options]

  spine   changes a second from commit to durable log, to live model, to delivery; beside it the ceiling:
          the same replication stream read from a raw socket and thrown away; and the memory that a
          large backlog takes
            --rounds N    rounds, of which the medians are told; default 5
            --changes N   changes in the stream of each round; default 300000
            --backlog N   changes that wait when memory is measured; default 2000000
            --quick       1 round of 60000 changes and a backlog of 200000, to see that all of it works

Options of every bench
  --json    print the outcome as one line of JSON

Example
  npm run bench -- spine --json`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    changes: { type: 'string' },
    backlog: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(`${HELP}\n`)
    return 0
  }
  if (positionals[0] !== 'spine') {
    process.stderr.write(`${HELP}\n`)
    return 64
  }
  const outcome = await spineBench({
    rounds: Number(values.rounds ?? (values.quick ? 1 : 5)),
    changes: Number(values.changes ?? (values.quick ? 60_000 : 300_000)),
    backlog: Number(values.backlog ?? (values.quick ? 200_000 : 2_000_000)),
    note: (line) => process.stderr.write(`${line}\n`),
  })
  process.stdout.write(values.json ? `${JSON.stringify(outcome)}\n` : `${JSON.stringify(outcome, null, 2)}\n`)
  return 0
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`The bench itself failed: ${describeError(error)}\n`)
  if (error instanceof Error && error.stack !== undefined) process.stderr.write(`${error.stack}\n`)
  return 1
})
process.exit()
