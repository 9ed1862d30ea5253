import { MillraceError } from '@millrace/base'
import type { BackfillState } from '@millrace/serve'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { progressLine } from '../cli/progress.ts'
import type { Terminal } from '../cli/terminal.ts'
import { loadProject } from '../config/project.ts'
import { askRunning } from '../engine/ask-running.ts'
import { readRunFile } from '../engine/run-file.ts'

const LOOK_PAUSE_MS = 200

export const backfill: CommandDefinition = {
  usage: 'SOURCE.TABLE [--where CONDITION]',
  example: 'millrace backfill shop.orders\nmillrace backfill shop.orders --where "id > 10"',
  positionals: { least: 1, most: 1 },
  options: {
    where: { type: 'text', value: 'CONDITION', summary: 'only rows for which this is true, in the SQL of the table’s own database' },
  },
  details:
    'The running process reads the rows under a snapshot of the source, and tells in one cut what the log did not have just so: rows that\n' +
    'are missing or differ as inserts and updates, rows that are gone as deletes. Rows that are equal are not told again; if any differs,\n' +
    'what changed in the table meanwhile is told once more after them. Ctrl-C leaves it running; the same command watches it again.',
  async run({ terminal, folder, positionals, options, clock, signal }) {
    const project = await loadProject(folder)
    const running = readRunFile(project.storePath)
    if (running === null) throw new MillraceError('NOT_RUNNING', { details: { store: project.storePath } })
    const [stream = ''] = positionals
    const path = `/api/streams/${encodeURIComponent(stream)}/backfill`
    const where = typeof options['where'] === 'string' ? options['where'] : null
    let state = await askRunning<BackfillState>(running.url, path)
    if (state.mode !== 'backfill' || state.ended) state = await askRunning(running.url, path, { method: 'POST', body: { where } })
    else terminal.note(`${stream} is being read already; this is how far it is.`)
    const show = progressLine(terminal, `reading ${stream}`)
    while (!state.ended) {
      show(state.rows, Math.max(state.rows, state.rowsEstimate))
      await clock.sleep(LOOK_PAUSE_MS, signal).catch(() => undefined)
      if (signal.aborted) return EXIT.INTERRUPTED
      state = await askRunning(running.url, path)
    }
    return report(terminal, state)
  },
}

function report(terminal: Terminal, state: BackfillState): number {
  if (terminal.json) terminal.value(state)
  else if (state.failed) terminal.out(`${terminal.paint('red', '●')} ${state.stream} was not read anew: ${state.error ?? ''}`)
  else {
    const told =
      state.told === 0 ? 'all of them as the log had them' : `${state.told.toLocaleString('en')} told, as the log had them otherwise`
    terminal.out(`${terminal.paint('green', '●')} ${state.stream}: ${state.rows.toLocaleString('en')} rows read, ${told}.`)
  }
  return state.failed ? EXIT.FAILED : EXIT.OK
}
