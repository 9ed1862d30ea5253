import { MillraceError } from '@millrace/base'
import type { ForecastRecord, GraphCatalog, RunRecord } from '@millrace/batch/graph'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { ENVIRONMENT_OPTION } from '../cli/graph-options.ts'
import { predictedSeconds, runAsJson, showRun, timeText } from '../cli/show-run.ts'
import { tableLines } from '../cli/table.ts'
import { readProject } from '../config/project.ts'
import { openCatalog } from '../engine/open-graph.ts'

const RUNS_SHOWN_DEFAULT = 20

export const runs: CommandDefinition = {
  usage: '[RUN] [options]',
  example: 'millrace runs --limit 5\nmillrace runs 17',
  positionals: { least: 0, most: 1 },
  options: {
    env: { ...ENVIRONMENT_OPTION, summary: 'only of this environment' },
    limit: { type: 'number', value: 'N', summary: `the newest N; default ${RUNS_SHOWN_DEFAULT}` },
  },
  details:
    'Of one run: what was forecast and what it took, what each model cost (rows, bytes, seconds, memory, disk), how often it was tried,\n' +
    'the critical path as it was, and which models to speed up first. A run that says `running` though none is at work was killed:\n' +
    'the next run in its environment goes on with it.',
  async run({ positionals, options, terminal, folder }) {
    const catalog = openCatalog(await readProject(folder))
    try {
      const [wanted] = positionals
      if (wanted !== undefined) {
        const found = runOf(catalog, wanted)
        if (terminal.json) terminal.value(runAsJson(catalog, found))
        else showRun(terminal, catalog, found)
        return EXIT.OK
      }
      const limit = typeof options['limit'] === 'number' ? options['limit'] : RUNS_SHOWN_DEFAULT
      const found = catalog.runs(limit, typeof options['env'] === 'string' ? options['env'] : null)
      if (terminal.json) {
        for (const each of found) terminal.value({ ...each, failures: catalog.failures(each.id), forecast: catalog.forecasts.of(each.id) })
        return EXIT.OK
      }
      if (found.length === 0) {
        terminal.out('There are none yet: `millrace run` makes the first.')
        return EXIT.OK
      }
      const titles = ['run', 'environment', 'began', 'seconds', 'forecast', 'status', 'computed anew', 'failed', ''].map((title) => ({
        title,
      }))
      const lines = found.map((each) => lineOf(each, catalog.failures(each.id).length, catalog.forecasts.of(each.id)))
      for (const line of tableLines(terminal, titles, lines)) terminal.out(line)
    } finally {
      catalog.close()
    }
    return EXIT.OK
  },
}

function runOf(catalog: GraphCatalog, wanted: string): RunRecord {
  const found = /^\d+$/.test(wanted) ? catalog.run(Number(wanted)) : null
  if (found === null) throw new MillraceError('RUN_UNKNOWN', { details: { run: wanted } })
  return found
}

function lineOf(record: RunRecord, failed: number, forecast: ForecastRecord | null): string[] {
  const { id, environment, startedMs, endedMs, status, planned, resumes } = record
  return [
    `${id}${resumes === null ? '' : ` (goes on with ${resumes})`}`,
    environment,
    timeText(startedMs),
    endedMs === null ? '' : ((endedMs - startedMs) / 1000).toFixed(1),
    predictedSeconds(record, forecast)?.toFixed(1) ?? '',
    status,
    `${planned}`,
    failed === 0 ? '' : `${failed}`,
    deadlineText(record, forecast),
  ]
}

function deadlineText({ endedMs, status }: RunRecord, forecast: ForecastRecord | null): string {
  if (forecast === null || forecast.deadlineMs === null) return ''
  const endMs = status === 'running' ? forecast.expectedMs : (endedMs ?? forecast.expectedMs)
  const minutes = Math.ceil(Math.abs(endMs - forecast.deadlineMs) / 60_000)
  const isLate = endMs > forecast.deadlineMs
  if (status === 'running') return isLate ? `will miss its deadline by ${minutes} min` : `${minutes} min before its deadline`
  return isLate ? `missed its deadline by ${minutes} min` : ''
}
