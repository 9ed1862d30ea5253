import { MillraceError } from '@millrace/base'
import { showPublication } from '@millrace/batch/graph'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { ENVIRONMENT_OPTION, EXCLUDE_OPTION, environmentOf, graphWords } from '../cli/graph-options.ts'
import { loadProject } from '../config/project.ts'
import { graphEngines } from '../engine/graph-engines.ts'
import { openCatalog } from '../engine/open-graph.ts'
import { runAndTell } from './run.ts'

export const apply: CommandDefinition = {
  usage: '[SELECTION…] [options]',
  example: 'millrace apply --env dev\nmillrace apply --from dev --env prod',
  positionals: { least: 0, most: 1000 },
  options: {
    env: ENVIRONMENT_OPTION,
    exclude: EXCLUDE_OPTION,
    from: { type: 'text', value: 'NAME', summary: 'show what this environment shows, and compute nothing' },
  },
  details:
    'Tells what `millrace plan` tells, and does it. With --from an environment is promoted: its versions are shown in the other one\n' +
    'in one instant, and nothing is computed or copied.',
  async run(context) {
    const { options, terminal, folder } = context
    if (typeof options['from'] !== 'string') return runAndTell(context, graphWords(context), { withPlan: true })
    const environment = environmentOf(options)
    const project = await loadProject(folder)
    const catalog = openCatalog(project)
    try {
      const promoted = catalog.current(options['from'])
      if (promoted === null) throw new MillraceError('ENVIRONMENT_UNKNOWN', { details: { environment: options['from'] } })
      const engines = await graphEngines(project)
      const isOfAnother = options['from'] !== environment
      const publication = await showPublication({ catalog, engines, environment, publication: promoted, isOfAnother })
      if (terminal.json) terminal.value({ ok: true, environment, from: options['from'], publication })
      else terminal.out(`${environment} shows what ${options['from']} shows now, as its publication ${publication}.`)
    } finally {
      catalog.close()
    }
    return EXIT.OK
  },
}
