import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { ENVIRONMENT_OPTION, EXCLUDE_OPTION, graphWords, SELECTION_DETAILS } from '../cli/graph-options.ts'
import { tableLines } from '../cli/table.ts'
import { readProject } from '../config/project.ts'
import { openGraph } from '../engine/open-graph.ts'

export const ls: CommandDefinition = {
  usage: '[SELECTION…] [options]',
  example: "millrace ls '+revenue' tag:nightly,path:models/pricing",
  positionals: { least: 0, most: 1000 },
  options: { env: ENVIRONMENT_OPTION, exclude: EXCLUDE_OPTION },
  details: `${SELECTION_DETAILS}\nLive models are listed where no selection is given. Exit code 4 if a model is not valid; \`millrace check\` tells why.`,
  async run(context) {
    const { terminal, folder } = context
    const words = graphWords(context)
    const opened = await openGraph(await readProject(folder), words)
    opened.close()
    const { checked, errors, place } = opened
    const { models: live, batch } = checked
    const { models, held } = batch.graph
    const chosen = place.selected
    const rows = [...chosen].flatMap((name) => {
      const found = models.get(name)
      if (found === undefined) return []
      const { model, columns, inputs } = found
      return [
        {
          name: model.name,
          kind: model.settings.engine === null ? model.settings.materialize : `${model.settings.materialize} on ${model.settings.engine}`,
          file: model.file,
          tags: model.settings.tags,
          columns: columns.length,
          inputs,
        },
      ]
    })
    const whole = words.words.length === 0 && words.exclude.length === 0
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
