import { MillraceError } from '@millrace/base'
import { type GraphCatalog, showPublication } from '@millrace/batch/graph'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { ENVIRONMENT_OPTION, environmentOf } from '../cli/graph-options.ts'
import { readProject } from '../config/project.ts'
import { graphEngines } from '../engine/graph-engines.ts'
import { openCatalog } from '../engine/open-graph.ts'

export const rollback: CommandDefinition = {
  usage: '[PUBLICATION] [options]',
  example: 'millrace rollback --env prod',
  positionals: { least: 0, most: 1 },
  options: { env: ENVIRONMENT_OPTION },
  details:
    'Shows an earlier publication of the environment again: the one before the present one, or the one that is named. It takes an\n' +
    'instant, computes nothing, and can itself be taken back. The next `millrace run` publishes what the models say then.',
  async run({ positionals, options, terminal, folder }) {
    const project = await readProject(folder)
    const catalog = openCatalog(project)
    try {
      const environment = environmentOf(options)
      const publication = earlierOf(catalog, environment, positionals[0])
      await showPublication({ catalog, engines: await graphEngines(project), environment, publication, isOfAnother: false })
      if (terminal.json) terminal.value({ ok: true, environment, publication })
      else terminal.out(`${environment} shows publication ${publication} now.`)
    } finally {
      catalog.close()
    }
    return EXIT.OK
  },
}

function earlierOf(catalog: GraphCatalog, environment: string, wanted: string | undefined): number {
  const current = catalog.current(environment)
  if (current === null) throw new MillraceError('ENVIRONMENT_UNKNOWN', { details: { environment } })
  const kept = catalog.publications(environment, 10_000)
  const id = wanted === undefined ? (kept.find(({ id: at }) => at < current)?.id ?? null) : Number(wanted)
  if (id !== null && kept.some((each) => each.id === id)) return id
  const problem = wanted === undefined ? 'nothing earlier is kept' : 'no publication of this number is kept'
  throw new MillraceError('PUBLICATION_UNKNOWN', { details: { environment, wanted: wanted ?? 'the one before', problem } })
}
