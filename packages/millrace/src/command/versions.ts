import type { GraphCatalog } from '@millrace/batch/graph'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { ENVIRONMENT_OPTION, environmentOf } from '../cli/graph-options.ts'
import { tableLines } from '../cli/table.ts'
import type { Terminal } from '../cli/terminal.ts'
import { readProject } from '../config/project.ts'
import { openCatalog } from '../engine/open-graph.ts'

export const versions: CommandDefinition = {
  usage: '[MODEL] [options]',
  example: 'millrace versions revenue',
  positionals: { least: 0, most: 1 },
  options: { env: ENVIRONMENT_OPTION },
  details:
    'Of a model: each version that is kept, with its rows, bytes and seconds, and whether the environment shows it. Without a model:\n' +
    "the environment's publications, to which `millrace rollback` goes back.",
  async run({ positionals, options, terminal, folder }) {
    const catalog = openCatalog(await readProject(folder))
    try {
      const environment = environmentOf(options)
      const [model] = positionals
      if (model === undefined) showPublications(terminal, catalog, environment)
      else showVersions(terminal, catalog, { environment, model: model.toLowerCase() })
    } finally {
      catalog.close()
    }
    return EXIT.OK
  },
}

function showPublications(terminal: Terminal, catalog: GraphCatalog, environment: string): void {
  const current = catalog.current(environment)
  const found = catalog.publications(environment, 100).map((each) => ({ ...each, shown: each.id === current }))
  if (terminal.json) return found.forEach((each) => terminal.value(each))
  if (found.length === 0) return terminal.out(`Nothing was published in ${environment} yet: \`millrace run --env ${environment}\` does.`)
  const titles = ['publication', 'at', 'run', ''].map((title) => ({ title }))
  const lines = found.map(({ id, atMs, run, shown }) => [`${id}`, timeOf(atMs), `${run}`, shown ? 'is shown' : ''])
  for (const line of tableLines(terminal, titles, lines)) terminal.out(line)
}

function showVersions(terminal: Terminal, catalog: GraphCatalog, { environment, model }: { environment: string; model: string }): void {
  const current = catalog.published(environment).get(model)?.id
  const found = catalog.versionsOf(model).map((each) => ({ ...each, shown: each.id === current }))
  if (terminal.json) return found.forEach((each) => terminal.value(each))
  const titles = ['version', 'made', 'run', 'rows', 'bytes', 'seconds', ''].map((title) => ({ title }))
  const lines = found.map((each) => {
    const figures = [each.rows.toLocaleString('en-US'), each.bytes.toLocaleString('en-US'), each.seconds.toFixed(3)]
    return [`${each.id}`, timeOf(each.createdMs), `${each.run}`, ...figures, each.shown ? 'is shown' : '']
  })
  for (const line of tableLines(terminal, titles, lines)) terminal.out(line)
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}
