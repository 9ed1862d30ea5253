import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { showError } from '../cli/show-error.ts'
import { tableLines } from '../cli/table.ts'
import { readProject } from '../config/project.ts'
import { checkWhole } from '../engine/check-project.ts'

export const check: CommandDefinition = {
  usage: '',
  example: 'millrace check',
  positionals: { least: 0, most: 0 },
  options: {},
  details: 'Reports everything that is wrong with the models at once. Exit code 4 if anything is, 5 if a source cannot be reached.',
  async run({ terminal, folder }) {
    const project = await readProject(folder)
    const { streams, models, errors, unreachable, batch } = await checkWhole(project)
    const { graph } = batch
    if (terminal.json) {
      terminal.value({
        ok: errors.length === 0,
        streams: streams.map((stream) => stream.name),
        models: models.map(({ name, file, inputs, schema }) => ({
          name,
          file,
          inputs,
          columns: schema.columns.map((column) => column.name),
        })),
        batch: { models: graph.models.size, held: graph.held.size, bound: graph.bound },
        errors: errors.map((error) => error.toJSON()),
        unreachable: unreachable.map((error) => error.toJSON()),
      })
    } else {
      for (const error of [...unreachable, ...errors]) showError(terminal, error)
      const rows = models.map(({ name, inputs, schema }) => [
        name,
        inputs.join(', '),
        schema.key.length === 0 ? '(whole row)' : schema.key.map((at) => schema.columns[at]?.name ?? '').join(', '),
      ])
      if (rows.length > 0)
        for (const line of tableLines(terminal, [{ title: 'model' }, { title: 'reads' }, { title: 'key' }], rows)) terminal.out(line)
      terminal.out('')
      const verdict = errors.length === 0 ? terminal.paint('green', 'All is well') : terminal.paint('red', `${errors.length} to mend`)
      const computed = graph.models.size + graph.held.size === 0 ? '' : ` and ${graph.models.size} batch models`
      if (graph.held.size > 0) terminal.out(`${graph.held.size} batch models are not run: \`millrace ls\` tells why.`)
      terminal.out(
        `${verdict}: ${streams.length} streams, ${models.length} models${computed}, ${Object.keys(project.config.deliveries ?? {}).length} deliveries.`,
      )
    }
    return errors.length === 0 ? EXIT.OK : EXIT.CONFIGURATION
  },
}
