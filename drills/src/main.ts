/**
 * Drills: each a known incident, injected on purpose, and survived or caught.
 *
 *   npm run drill -- crash --kills 100 --seed 1 --json
 *
 * Exit code 0 if the drill was survived, 1 if not, 64 if it was asked wrongly. A drill is a command of its
 * own folder; its work is imported when it is asked for.
 */
import { type Command, runCommand } from '@millrace/testing'
import { capture } from './capture/capture-command.ts'
import { crash } from './crash/crash-command.ts'
import { kills } from './kills/kills-command.ts'
import { order } from './order/order-command.ts'
import { rerun } from './rerun/rerun-command.ts'
import { rollout } from './rollout/rollout-command.ts'

/** In the order of `--help`. */
const commands: readonly Command[] = [crash, kills, capture, rollout, order, rerun]

process.exitCode = await runCommand(
  { program: 'npm run drill --', commands, example: 'npm run drill -- crash --kills 100 --seed 1 --json' },
  process.argv.slice(2),
)
process.exit()
