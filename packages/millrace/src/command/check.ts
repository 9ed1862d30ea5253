import { ERRORS, MillraceError } from '@millrace/base'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { showError } from '../cli/show-error.ts'
import { tableLines } from '../cli/table.ts'
import { type Project, readProject } from '../config/project.ts'
import { checkWhole } from '../engine/check-project.ts'
import { checkSecrets } from '../engine/check-secrets.ts'
import { checkSchedules } from '../engine/check-schedules.ts'

export const check: CommandDefinition = {
  usage: '',
  example: 'millrace check',
  positionals: { least: 0, most: 0 },
  options: {},
  details:
    'Reports everything that is wrong at once: models, schedules, secrets without a value. Exit code 4 if anything is, 5 if a source\n' +
    'cannot be reached. Where one cannot, the models are checked against what the log holds of it.',
  async run({ terminal, folder }) {
    const project = await readProject(folder)
    const secrets = await checkSecrets(project.config)
    const checked = await checkWhole(project).catch((error: unknown) => {
      throw isSecretMissing(error) ? allOf(secrets, error) : error
    })
    const { streams, models, batch } = checked
    const errors = [...checked.errors, ...checkSchedules(project, checked)]
    // Of a secret without a value it is told where it is needed, so the source's own complaint says less.
    const unreachable = [...secrets, ...checked.unreachable.filter((error) => !isSecretMissing(error) || secrets.length === 0)]
    const { graph } = batch
    if (terminal.json) {
      terminal.value({
        ok: errors.length + unreachable.length === 0,
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
      const wrong = errors.length + unreachable.length
      const verdict = wrong === 0 ? terminal.paint('green', 'All is well') : terminal.paint('red', `${wrong} to mend`)
      const computed = graph.models.size + graph.held.size === 0 ? '' : `, ${counted(graph.models.size, 'batch model')}`
      if (graph.held.size > 0)
        terminal.out(
          `${counted(graph.held.size, 'batch model')} ${graph.held.size === 1 ? 'is' : 'are'} not run: \`millrace ls\` tells why.`,
        )
      terminal.out(
        `${verdict}: ${counted(streams.length, 'stream')}, ${counted(models.length, 'live model')}${computed}, ${deliveriesOf(project)}.`,
      )
    }
    return exitOf(errors, unreachable)
  },
}

function isSecretMissing(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'CONFIG_SECRET_MISSING'
}

function allOf(errors: readonly MillraceError[], otherwise: unknown): unknown {
  return errors.length > 1 ? new AggregateError(errors, 'Secrets have no value.') : (errors[0] ?? otherwise)
}

/** What is wrong with the project itself counts before what cannot be asked now. */
function exitOf(errors: readonly MillraceError[], unreachable: readonly MillraceError[]): number {
  const [first] = unreachable
  if (errors.length > 0) return EXIT.CONFIGURATION
  return first === undefined ? EXIT.OK : ERRORS[first.code].exit
}

function deliveriesOf({ config }: Project): string {
  const count = Object.keys(config.deliveries ?? {}).length
  return count === 1 ? '1 delivery' : `${count} deliveries`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
