import { MillraceError } from '@millrace/base'
import { type CheckedModel, neighboursOf } from '@millrace/batch'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { tableLines } from '../cli/table.ts'
import type { Terminal } from '../cli/terminal.ts'
import { readProject } from '../config/project.ts'
import { checkWhole } from '../engine/check-project.ts'

export const explain: CommandDefinition = {
  usage: 'MODEL [options]',
  example: 'millrace explain revenue',
  positionals: { least: 1, most: 1 },
  options: {},
  details:
    'Of a batch model: what it reads, who reads it, its fingerprint, and for each column the columns of its inputs that it is made of.\n' +
    'A column that only decides which rows there are (in a filter, in a condition of a join) is not told.',
  async run({ terminal, folder, positionals }) {
    const { batch } = await checkWhole(await readProject(folder))
    const { models } = batch.graph
    const name = (positionals[0] ?? '').toLowerCase()
    const found = models.get(name)
    if (found === undefined)
      throw new MillraceError('SELECTION_INVALID', { details: { selection: name, problem: 'no batch model that is valid has this name' } })
    const readers = neighboursOf(models).downstream.get(name) ?? []
    if (terminal.json) terminal.value(asJson(found, readers))
    else show(terminal, found, readers)
    return EXIT.OK
  },
}

function asJson({ model, columns, inputs, fingerprint, lineage }: CheckedModel, readers: readonly string[]): unknown {
  return {
    name: model.name,
    file: model.file,
    ...model.settings,
    fingerprint,
    inputs,
    readers,
    columns: columns.map((column, at) => ({ ...column, from: (lineage[at] ?? []).map(([relation, of]) => ({ relation, column: of })) })),
  }
}

function show(terminal: Terminal, { model, columns, inputs, fingerprint, lineage }: CheckedModel, readers: readonly string[]): void {
  terminal.out(`${terminal.paint('bold', model.name)}  ${model.settings.materialize}  ${terminal.paint('dim', model.file)}`)
  terminal.out(`reads    ${inputs.join(', ') || 'nothing'}`)
  terminal.out(`read by  ${readers.join(', ') || 'nobody'}`)
  terminal.out(`meaning  ${fingerprint}`)
  terminal.out('')
  const lines = columns.map(({ name, type }, at) => [name, type, (lineage[at] ?? []).map((origin) => origin.join('.')).join(', ')])
  for (const line of tableLines(terminal, [{ title: 'column' }, { title: 'type' }, { title: 'made of' }], lines)) terminal.out(line)
}
