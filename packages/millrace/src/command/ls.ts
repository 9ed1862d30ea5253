import { selectModels } from '@millrace/batch'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { tableLines } from '../cli/table.ts'
import { readProject } from '../config/project.ts'
import { checkWhole } from '../engine/check-project.ts'

export const ls: CommandDefinition = {
  usage: '[SELECTION…] [options]',
  example: "millrace ls '+revenue' tag:nightly,path:models/pricing",
  positionals: { least: 0, most: 1000 },
  options: { exclude: { type: 'text', value: 'SELECTION', summary: 'leave these out' } },
  details:
    'A selection is a name (`*` stands for anything), `tag:NAME` or `path:FOLDER`, with `+` before or after it for all that it\n' +
    'reads or that reads it (`2+name`: two steps). Several are a union, commas within one an intersection. Live models are listed\n' +
    'where no selection is given. Exit code 4 if a model is not valid; `millrace check` tells why.',
  async run({ terminal, folder, positionals, options }) {
    const { models: live, batch, errors } = await checkWhole(await readProject(folder))
    const { models, held } = batch.graph
    const exclude = typeof options['exclude'] === 'string' ? options['exclude'].split(/\s+/) : []
    const chosen = selectModels({ models, words: positionals, exclude })
    const rows = [...chosen].flatMap((name) => {
      const found = models.get(name)
      if (found === undefined) return []
      const { model, columns, inputs } = found
      return [
        {
          name: model.name,
          kind: model.settings.materialize,
          file: model.file,
          tags: model.settings.tags,
          columns: columns.length,
          inputs,
        },
      ]
    })
    const whole = positionals.length === 0 && exclude.length === 0
    const others = whole
      ? live.map(({ name, file, schema, inputs }) => ({ name, kind: 'live', file, tags: [], columns: schema.columns.length, inputs }))
      : []
    const heldModels = whole ? [...held.values()].map(({ model, reason }) => ({ name: model.name, file: model.file, reason })) : []
    if (terminal.json) terminal.value({ ok: errors.length === 0, models: [...others, ...rows], held: heldModels })
    else {
      const titles = [
        { title: 'model' },
        { title: 'kind' },
        { title: 'columns', align: 'right' as const },
        { title: 'tags' },
        { title: 'reads' },
      ]
      const lines = [...others, ...rows].map(({ name, kind, columns, tags, inputs }) => [
        name,
        kind,
        `${columns}`,
        tags.join(', '),
        inputs.join(', '),
      ])
      for (const line of tableLines(terminal, titles, lines)) terminal.out(line)
      for (const { name, reason } of heldModels) terminal.out(terminal.paint('dim', `${name}: not run, for ${reason}`))
      if (errors.length > 0) terminal.note(`${errors.length} errors: \`millrace check\` tells them.`)
    }
    return errors.length === 0 ? EXIT.OK : EXIT.CONFIGURATION
  },
}
