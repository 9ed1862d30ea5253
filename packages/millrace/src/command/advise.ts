import { adviseLayouts, type LayoutAdvice, type LayoutTrial } from '@millrace/batch/graph'
import { MillraceError } from '@millrace/base'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { ENVIRONMENT_OPTION, EXCLUDE_OPTION, graphWords, SELECTION_DETAILS } from '../cli/graph-options.ts'
import { showError } from '../cli/show-error.ts'
import { tableLines } from '../cli/table.ts'
import type { Terminal } from '../cli/terminal.ts'
import { readProject } from '../config/project.ts'
import { adviseSource } from './advise-source.ts'
import { openGraph } from '../engine/open-graph.ts'

const SECONDS_DEFAULT = 300

export const advise: CommandDefinition = {
  usage: '[SELECTION… | STATEMENT…] [options]',
  example:
    'millrace advise\nmillrace advise orders+ --seconds 60 --json\n' +
    'millrace advise --source shop "select * from orders where customer = 7"',
  positionals: { least: 0, most: 1000 },
  options: {
    env: ENVIRONMENT_OPTION,
    exclude: EXCLUDE_OPTION,
    seconds: { type: 'number', value: 'N', summary: `begin no more trials after N seconds; default ${SECONDS_DEFAULT}` },
    source: { type: 'text', value: 'NAME', summary: 'indexes of this Postgres source instead: missing, unused and bloated ones' },
    measure: {
      type: 'flag',
      summary: 'with --source: make each missing index in a transaction that is rolled back; blocks writers meanwhile',
    },
  },
  details:
    'Reads from the plans of all models which part of each selected one they ask for, lays its rows in a scratch folder as would\n' +
    'serve them, and runs them over both, in turns. What does not make them faster is not advised. Publishes nothing.\n' +
    'With --source: missing indexes are found for the database’s views and for the statements that are given, unused and bloated ones\n' +
    'by its statistics, or by its pages where pgstattuple is installed. Nothing is changed; each comes with the statement that does.\n' +
    SELECTION_DETAILS,
  async run(context) {
    const { terminal, folder, clock, signal, options } = context
    const secondsLimit = Number(options['seconds'] ?? SECONDS_DEFAULT)
    if (!(secondsLimit >= 0))
      throw new MillraceError('USAGE', { details: { problem: '--seconds takes a number from 0.', command: 'advise' } })
    const project = await readProject(folder)
    if (typeof options['source'] === 'string') {
      await adviseSource(terminal, project, {
        source: options['source'],
        statements: context.positionals,
        measure: options['measure'] === true,
      })
      return EXIT.OK
    }
    const opened = await openGraph(project, graphWords(context))
    try {
      for (const error of opened.errors) showError(terminal, error)
      const onModel = (model: string): void => {
        if (terminal.live) terminal.panel([`Trying layouts of ${model}…`])
      }
      const advice = await adviseLayouts({ ...opened.place, clock, signal, secondsLimit, onModel })
      for (const each of advice) {
        if (terminal.json) terminal.value({ ...each, header: each.best === null ? null : headerOf(each.best) })
        else show(terminal, each)
      }
      if (advice.length === 0 && !terminal.json) terminal.out('None of these models has files that could lie otherwise.')
    } finally {
      opened.close()
    }
    return EXIT.OK
  },
}

const WHY: Readonly<Record<LayoutAdvice['verdict'], string>> = {
  better: 'would be better laid out otherwise',
  'as it should be': 'nothing that was tried serves its readers better',
  unread: 'no model asks for a part of it',
  small: 'it has too few rows for any of them to be skipped',
  'not tried': 'no time was left: see --seconds',
  failed: 'it could not be tried',
}

function show(terminal: Terminal, advice: LayoutAdvice): void {
  const { model, rows, layout, verdict, best, tried, sampledPercent, readersLeftOut, problem } = advice
  const now = [...headerLines(layout)].join(', ') || 'no layout'
  const painted = terminal.paint(verdict === 'better' ? 'yellow' : 'green', WHY[verdict])
  terminal.out(`${terminal.paint('bold', model)}  ${rows.toLocaleString('en-US')} rows, ${now}: ${painted}`)
  if (problem !== null) terminal.out(`  ${problem}`)
  if (best !== null) {
    for (const line of headerLines(best.layout)) terminal.out(`  -- ${line}`)
    if (headerLines(best.layout).length === 0) terminal.out('  (without a layout)')
    const titles = ['reader', 'seconds', 'read'].map((title) => ({ title }))
    const lines = best.readers.map(({ reader, before, after }) => [reader, ...effectOf({ before, after })])
    for (const line of tableLines(terminal, titles, [...lines, ['all', ...effectOf(best)]])) terminal.out(`  ${line}`)
    const { seconds, bytes, files } = best.write
    terminal.out(
      `  written in ${seconds.toFixed(2)} s: ${megabytes(bytes)} in ${files.toLocaleString('en-US')} ${files === 1 ? 'file' : 'files'}`,
    )
  }
  for (const trial of tried) {
    if (trial !== best)
      terminal.out(terminal.paint('dim', `  tried ${headerLines(trial.layout).join(', ') || 'no layout'}: ${effectOf(trial).join(', ')}`))
  }
  if (sampledPercent < 100) terminal.out(`  measured on ${sampledPercent} % of the rows`)
  if (readersLeftOut > 0) terminal.out(`  ${readersLeftOut} more readers, which took less time, were not run`)
}

function headerLines({ partitionBy, clusterBy }: LayoutTrial['layout']): string[] {
  return [
    ...(partitionBy.length === 0 ? [] : [`@partition_by ${partitionBy.map(quoted).join(', ')}`]),
    ...(clusterBy.length === 0 ? [] : [`@cluster_by ${clusterBy.map(quoted).join(', ')}`]),
  ]
}

/** As it stands in the file of the model. */
function headerOf({ layout }: LayoutTrial): string {
  return headerLines(layout)
    .map((line) => `-- ${line}\n`)
    .join('')
}

function quoted(name: string): string {
  return /^[\w ]+$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

function effectOf({ before, after }: Pick<LayoutTrial, 'before' | 'after'>): string[] {
  const bytes = (of: LayoutTrial['before']): string => (of.bytesRead === null ? '?' : megabytes(of.bytesRead))
  return [`${before.seconds.toFixed(4)} → ${after.seconds.toFixed(4)}`, `${bytes(before)} → ${bytes(after)}`]
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 1)} MB`
}
