/**
 * Benches: what Millrace does, measured beside its peer or its physical limit in the same run.
 *
 *   npm run bench -- spine --json
 *
 * A bench is a command of its own folder; its work is imported when it is asked for.
 */
import { type Command, runCommand } from '@millrace/testing'
import { burst } from './burst/burst-command.ts'
import { capture } from './capture/capture-command.ts'
import { importLegacy } from './import/import-command.ts'
import { graph } from './graph/graph-command.ts'
import { latency } from './latency/latency-command.ts'
import { nexmark } from './nexmark/nexmark-command.ts'
import { skew } from './skew/skew-command.ts'
import { spine } from './spine/spine-command.ts'
import { state } from './state/state-command.ts'
import { subscribe } from './subscribe/subscribe-command.ts'
import { tpchLive } from './tpch-live/tpch-command.ts'

/** In the order of `--help`. */
const commands: readonly Command[] = [spine, latency, capture, nexmark, tpchLive, subscribe, skew, state, burst, importLegacy, graph]

process.exitCode = await runCommand(
  { program: 'npm run bench --', commands, example: 'npm run bench -- spine --json' },
  process.argv.slice(2),
)
process.exit()
