import { statSync } from 'node:fs'
import { backupStore } from '@millrace/store'
import { resolve } from 'node:path'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { progressLine } from '../cli/progress.ts'
import { loadProject } from '../config/project.ts'

export const backup: CommandDefinition = {
  usage: 'FILE',
  example: 'millrace backup /backups/shop.db',
  positionals: { least: 1, most: 1 },
  options: {},
  details: 'The copy is one consistent cut of log, state and control data. `millrace restore` proves it before it is used.',
  async run({ positionals, terminal, folder, clock }) {
    const { storePath } = await loadProject(folder)
    const target = resolve(positionals[0] ?? '')
    const draw = progressLine(terminal, 'Copying')
    const startedMs = clock.monotonicMs()
    const summary = await backupStore(storePath, target, { onProgress: ({ copiedPages, totalPages }) => draw(copiedPages, totalPages) })
    const result = { ...summary, fileBytes: statSync(target).size, ms: Math.round(clock.monotonicMs() - startedMs) }
    if (terminal.json) terminal.value(result)
    else
      terminal.out(
        `Copied ${storePath} to ${target} (${(result.fileBytes / 1e6).toFixed(1)} MB) in ${result.ms} ms: cut ${summary.cut}, ${summary.changes} changes, every checksum right.`,
      )
    return EXIT.OK
  },
}
