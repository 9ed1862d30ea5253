import { restoreBackup } from '@millrace/store'
import { resolve } from 'node:path'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { loadProject } from '../config/project.ts'

export const restore: CommandDefinition = {
  usage: 'FILE [options]',
  example: 'millrace restore /backups/shop.db\nmillrace restore /backups/shop.db --to /tmp/rehearsal.db',
  positionals: { least: 1, most: 1 },
  options: { to: { type: 'text', value: 'FILE', summary: 'restore to another place, as a rehearsal' } },
  details:
    'Every batch and segment is checked against its checksum before and after the copy. A store that is there is kept beside it as\n' +
    '`….replaced-TIME`; one in use is refused. Sources resume where the backup stood, as long as they still keep their past.',
  async run({ positionals, options, terminal, folder }) {
    const target = typeof options['to'] === 'string' ? resolve(options['to']) : (await loadProject(folder)).storePath
    if (terminal.live) terminal.panel(['Proving, copying, proving again…'])
    const summary = await restoreBackup(resolve(positionals[0] ?? ''), target)
    if (terminal.json) terminal.value(summary)
    else {
      terminal.out(
        `Restored ${target}: cut ${summary.cut}, ${summary.changes} changes in ${summary.streams.length} streams, every checksum right.`,
      )
      if (summary.replaced !== null) terminal.out(`What was there is kept as ${summary.replaced}.`)
    }
    return EXIT.OK
  },
}
