import type { RunRecord } from '@millrace/batch/graph'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { ENVIRONMENT_OPTION } from '../cli/graph-options.ts'
import { tableLines } from '../cli/table.ts'
import { readProject } from '../config/project.ts'
import { openCatalog } from '../engine/open-graph.ts'

const RUNS_SHOWN_DEFAULT = 20

export const runs: CommandDefinition = {
  usage: '[options]',
  example: 'millrace runs --limit 5',
  positionals: { least: 0, most: 0 },
  options: {
    env: { ...ENVIRONMENT_OPTION, summary: 'only of this environment' },
    limit: { type: 'number', value: 'N', summary: `the newest N; default ${RUNS_SHOWN_DEFAULT}` },
  },
  details: 'A run that says `running` though none is at work was killed: the next run in its environment goes on with it.',
  async run({ options, terminal, folder }) {
    const catalog = openCatalog(await readProject(folder))
    try {
      const limit = typeof options['limit'] === 'number' ? options['limit'] : RUNS_SHOWN_DEFAULT
      const found = catalog.runs(limit, typeof options['env'] === 'string' ? options['env'] : null)
      if (terminal.json) {
        for (const each of found) terminal.value({ ...each, failures: catalog.failures(each.id) })
        return EXIT.OK
      }
      const titles = ['run', 'environment', 'began', 'seconds', 'status', 'computed anew', 'failed'].map((title) => ({ title }))
      const lines = found.map((each) => lineOf(each, catalog.failures(each.id).length))
      for (const line of tableLines(terminal, titles, lines)) terminal.out(line)
    } finally {
      catalog.close()
    }
    return EXIT.OK
  },
}

function lineOf({ id, environment, startedMs, endedMs, status, planned, resumes }: RunRecord, failed: number): string[] {
  const began = new Date(startedMs).toISOString().slice(0, 19).replace('T', ' ')
  const seconds = endedMs === null ? '' : ((endedMs - startedMs) / 1000).toFixed(1)
  return [
    `${id}${resumes === null ? '' : ` (goes on with ${resumes})`}`,
    environment,
    began,
    seconds,
    status,
    `${planned}`,
    failed === 0 ? '' : `${failed}`,
  ]
}
