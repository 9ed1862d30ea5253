import { createClient } from '@millrace/client'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { tableLines } from '../cli/table.ts'
import { loadProject } from '../config/project.ts'
import { asMillraceError, runningUrl } from '../engine/read-running.ts'

export const get: CommandDefinition = {
  usage: 'MODEL KEY... [options]',
  example: 'millrace get order_totals 17\nmillrace get stock Berlin 4711 --json',
  positionals: { least: 2, most: 17 },
  options: {},
  details:
    'A key of several columns is written in their order. It asks the running process, which keeps the rows in memory.\n' +
    'Exit code 0 if the row is there, 1 if not.',
  async run({ positionals, terminal, folder }) {
    const [model = '', ...key] = positionals
    const url = runningUrl(await loadProject(folder))
    const row = await createClient({ url })
      .get(model, key)
      .catch((error: unknown) => {
        throw asMillraceError(error, url)
      })
    if (terminal.json) terminal.value(row)
    else if (row === null) terminal.note(`${model} has no row with this key.`)
    else for (const line of tableLines(terminal, [{ title: 'column' }, { title: 'value' }], cellsOf(row))) terminal.out(line)
    return row === null ? EXIT.FAILED : EXIT.OK
  },
}

function cellsOf(row: Readonly<Record<string, unknown>>): string[][] {
  return Object.entries(row).map(([name, value]) => [name, value === null ? 'NULL' : String(value)])
}
