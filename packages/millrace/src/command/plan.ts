import { type Forecast, forecast } from '@millrace/live'
import { openReader } from '@millrace/store'
import { existsSync } from 'node:fs'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { showError } from '../cli/show-error.ts'
import { tableLines } from '../cli/table.ts'
import type { Terminal } from '../cli/terminal.ts'
import { readProject } from '../config/project.ts'
import { checkWhole } from '../engine/check-project.ts'

export const plan: CommandDefinition = {
  usage: '',
  example: 'millrace plan',
  positionals: { least: 0, most: 0 },
  options: {},
  details:
    'Tells what the next start will do with the models as they are written now: which keep their state, which are filled and why,\n' +
    'how many rows that reads, and about how long it takes. Models are compared by what they mean: white space, comments and\n' +
    'aliases cost nothing. Until an edited model is filled, its version before goes on. Changes nothing. Exit code 4 if a model is not valid.',
  async run({ terminal, folder }) {
    const project = await readProject(folder)
    const { models, errors, unreachable } = await checkWhole(project)
    const reader = existsSync(project.storePath) ? openReader(project.storePath) : null
    try {
      const told = forecast(models, reader)
      if (terminal.json)
        terminal.value({ ok: errors.length === 0, ...told, errors: [...errors, ...unreachable].map((error) => error.toJSON()) })
      else {
        for (const error of [...unreachable, ...errors]) showError(terminal, error)
        show(terminal, told)
      }
    } finally {
      reader?.close()
    }
    return errors.length === 0 ? EXIT.OK : EXIT.CONFIGURATION
  },
}

const DOES = { same: 'keeps its state', edited: 'is filled anew', new: 'is filled', gone: 'is forgotten' } as const
const PAINT = { same: 'dim', edited: 'yellow', new: 'green', gone: 'red' } as const

function show(terminal: Terminal, { models, rows, seconds }: Forecast): void {
  const lines = models.map((model) => [
    model.name,
    terminal.paint(PAINT[model.change], DOES[model.change]),
    model.why ?? '',
    model.rows === 0 ? '' : model.rows.toLocaleString('en-US'),
  ])
  const titles = [{ title: 'model' }, { title: '' }, { title: 'because' }, { title: 'rows to read', align: 'right' as const }]
  if (lines.length > 0) for (const line of tableLines(terminal, titles, lines)) terminal.out(line)
  const filled = models.filter(({ change }) => change === 'edited' || change === 'new').length
  terminal.out('')
  if (filled === 0) terminal.out('Nothing is to be filled.')
  else {
    const long = seconds === null ? 'nothing of that size was filled yet, so how long it takes is not known' : `about ${duration(seconds)}`
    terminal.out(`${filled} to be filled from ${rows.toLocaleString('en-US')} rows: ${long}.`)
  }
}

function duration(seconds: number): string {
  if (seconds < 1) return 'a second'
  return seconds < 120 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`
}
