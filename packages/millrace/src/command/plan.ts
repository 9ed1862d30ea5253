import { planGraph } from '@millrace/batch/graph'
import { systemClock } from '@millrace/base'
import type { Forecast } from '@millrace/live'
import type { LogReader } from '@millrace/core'
import type { BoundModel } from '@millrace/sql'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { ENVIRONMENT_OPTION, EXCLUDE_OPTION, graphWords, SELECTION_DETAILS, WINDOW_OPTIONS } from '../cli/graph-options.ts'
import { showRunPlan, planAsJson } from '../cli/show-run-plan.ts'
import { showError } from '../cli/show-error.ts'
import { tableLines } from '../cli/table.ts'
import type { Terminal } from '../cli/terminal.ts'
import { readProject } from '../config/project.ts'
import { openGraph } from '../engine/open-graph.ts'

export const plan: CommandDefinition = {
  usage: '[SELECTION…] [options]',
  example: "millrace plan\nmillrace plan --env dev 'state:modified+'",
  positionals: { least: 0, most: 1000 },
  options: { env: ENVIRONMENT_OPTION, exclude: EXCLUDE_OPTION, ...WINDOW_OPTIONS },
  details:
    'Of live models: what the next start will do with them as they are written now: which keep their state, which are filled and why,\n' +
    'how many rows that reads, and about how long it takes. Until an edited model is filled, its version before goes on. Of batch\n' +
    'models: what `millrace run` would compute in the environment, why, how long that takes by what it took before, which models stand\n' +
    'one after another, and which to speed up first. Models are compared by what\n' +
    'they mean: white space, comments and aliases cost nothing. Changes nothing. Exit code 4 if a model is not valid.\n' +
    SELECTION_DETAILS,
  async run(context) {
    const { terminal, folder } = context
    const project = await readProject(folder)
    const opened = await openGraph(project, graphWords(context))
    const { checked, errors, place } = opened
    try {
      const told = await forecastOf(checked.models, place.reader)
      const batch = await planGraph({ ...place, clock: systemClock })
      const workers = project.config.graph?.workers
      const wrong = [...checked.unreachable, ...errors]
      if (terminal.json)
        terminal.value({
          ok: errors.length === 0,
          ...told,
          batch: planAsJson(batch, workers),
          errors: wrong.map((error) => error.toJSON()),
        })
      else {
        for (const error of wrong) showError(terminal, error)
        if (told.models.length > 0 || batch.steps.size === 0) show(terminal, told)
        if (batch.steps.size > 0 || batch.gone.length > 0) showRunPlan(terminal, batch, workers)
      }
    } finally {
      opened.close()
    }
    return errors.length === 0 ? EXIT.OK : EXIT.CONFIGURATION
  },
}

/** The live engine is loaded only where there are live models or were some. */
async function forecastOf(models: readonly BoundModel[], reader: LogReader | null): Promise<Forecast> {
  if (models.length === 0 && reader === null) return { models: [], rows: 0, seconds: 0 }
  const { forecast } = await import('@millrace/live')
  return forecast(models, reader)
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
