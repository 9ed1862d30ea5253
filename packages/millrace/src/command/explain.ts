import { MillraceError, nearest } from '@millrace/base'
import type { OrderVerdict } from '@millrace/batch'
import { type CheckedModel, explainOrders, neighboursOf } from '@millrace/batch/graph'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { ENVIRONMENT_OPTION, environmentOf } from '../cli/graph-options.ts'
import { tableLines } from '../cli/table.ts'
import type { Terminal } from '../cli/terminal.ts'
import { type Project, readProject } from '../config/project.ts'
import { graphFolder } from '../engine/check-batch.ts'
import { checkWhole } from '../engine/check-project.ts'
import { graphEngines } from '../engine/graph-engines.ts'
import { openCatalog } from '../engine/open-graph.ts'
import { explainLive, readersOf } from './explain-live.ts'

export const explain: CommandDefinition = {
  usage: 'MODEL [options]',
  example: 'millrace explain revenue\nmillrace explain revenue --check',
  positionals: { least: 1, most: 1 },
  options: {
    check: { type: 'flag', summary: 'read the engine’s own plan: does it join in the order that the model states?' },
    env: ENVIRONMENT_OPTION,
  },
  details:
    'What it reads, who reads it, its fingerprint, and of a batch model for each column the columns of its inputs that it is made of.\n' +
    'A column that only decides which rows there are (in a filter, in a condition of a join) is not told.\n' +
    'With --check: exit code 3 if the plan joins otherwise than a hint /*+ order(…) */ says. It needs a run of what the model reads.',
  async run({ terminal, folder, positionals, options }) {
    const project = await readProject(folder)
    const { batch, models: live } = await checkWhole(project)
    const { models } = batch.graph
    const name = (positionals[0] ?? '').toLowerCase()
    const found = models.get(name)
    const kept = live.find((model) => model.name === name)
    if (found === undefined && kept !== undefined && options['check'] !== true) {
      explainLive(terminal, kept, readersOf(project, live, name))
      return EXIT.OK
    }
    if (found === undefined)
      throw unknown(name, { known: [...models.keys(), ...live.map((model) => model.name)], isLive: kept !== undefined })
    if (options['check'] === true) return checkOrders(terminal, await ordersOf(project, found, environmentOf(options)))
    const readers = neighboursOf(models).downstream.get(name) ?? []
    if (terminal.json) terminal.value(asJson(found, readers))
    else show(terminal, found, readers)
    return EXIT.OK
  },
}

function unknown(selection: string, { known, isLive }: { known: readonly string[]; isLive: boolean }): MillraceError {
  const meant = nearest(selection, known)
  const suggestion = meant === undefined ? '' : `; did you mean '${meant}'?`
  const problem = isLive
    ? 'it is kept live, and not by an engine whose plan could be read'
    : `no model that is valid has this name${suggestion}`
  return new MillraceError('SELECTION_INVALID', { details: { selection, problem } })
}

async function ordersOf(project: Project, model: CheckedModel, environment: string): Promise<readonly OrderVerdict[]> {
  const catalog = openCatalog(project)
  try {
    return await explainOrders({ catalog, folder: graphFolder(project), environment, engines: await graphEngines(project) }, model)
  } finally {
    catalog.close()
  }
}

const PAINT = { obeyed: 'green', broken: 'red', unseen: 'yellow' } as const

function checkOrders(terminal: Terminal, verdicts: readonly OrderVerdict[]): number {
  for (const verdict of verdicts) {
    if (terminal.json) {
      terminal.value(verdict)
      continue
    }
    const order = JSON.stringify(verdict.order).replaceAll('"', '').replaceAll('[', '(').replaceAll(']', ')').replaceAll(',', ', ')
    const missing = verdict.missing === null ? '' : `: no join makes ${verdict.missing.join(', ')}`
    const unseen = verdict.unseen.length === 0 ? '' : ` (the plan does not show ${verdict.unseen.join(', ')} by name)`
    terminal.out(`${terminal.paint(PAINT[verdict.verdict], verdict.verdict)}  order${order}${missing}${unseen}`)
  }
  if (verdicts.length === 0 && !terminal.json) terminal.out('It states no order.')
  return verdicts.some(({ verdict }) => verdict === 'broken') ? EXIT.MISMATCH : EXIT.OK
}

function asJson({ model, columns, inputs, fingerprint, lineage }: CheckedModel, readers: readonly string[]): unknown {
  return {
    name: model.name,
    file: model.file,
    ...model.settings,
    fingerprint,
    inputs,
    readers,
    columns: columns.map((column, at) => ({ ...column, from: (lineage[at] ?? []).map(([relation, of]) => ({ relation, column: of })) })),
  }
}

function show(terminal: Terminal, { model, columns, inputs, fingerprint, lineage }: CheckedModel, readers: readonly string[]): void {
  terminal.out(`${terminal.paint('bold', model.name)}  ${model.settings.materialize}  ${terminal.paint('dim', model.file)}`)
  terminal.out(`reads    ${inputs.join(', ') || 'nothing'}`)
  terminal.out(`read by  ${readers.join(', ') || 'nobody'}`)
  terminal.out(`meaning  ${fingerprint}`)
  terminal.out('')
  const lines = columns.map(({ name, type }, at) => [name, type, (lineage[at] ?? []).map((origin) => origin.join('.')).join(', ')])
  for (const line of tableLines(terminal, [{ title: 'column' }, { title: 'type' }, { title: 'made of' }], lines)) terminal.out(line)
}
