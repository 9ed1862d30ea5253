/**
 * Fuzzers: random cases of a law against its oracle, for as long as is asked.
 *
 *   npm run fuzz -- live --cases 2000 --seed 1 --json
 *
 * Exit code 0 if the law held, 1 if not, 64 if it was asked wrongly. What failed is made small and kept in
 * `testing/corpus`, where every run of the tests meets it again.
 */
import { enableCompileCache } from 'node:module'
import { type Command, runCommand } from '@millrace/testing'
import { bank } from './bank/bank-command.ts'
import { live } from './live/live-command.ts'

// Each case opens a store, whose thread compiles its modules: from the cache in a third of the time.
process.env['NODE_COMPILE_CACHE'] ??= enableCompileCache().directory

/** In the order of `--help`. */
const commands: readonly Command[] = [live, bank]

process.exitCode = await runCommand(
  { program: 'npm run fuzz --', commands, example: 'npm run fuzz -- live --cases 2000 --seed 1 --json' },
  process.argv.slice(2),
)
process.exit()
