import { MillraceError } from '@millrace/base'
import { type IntervalWindow, readWindow } from '@millrace/batch/graph'
import type { CommandContext, OptionDefinition } from './command.ts'

export const ENVIRONMENT_DEFAULT = 'prod'

export const ENVIRONMENT_OPTION: OptionDefinition = {
  type: 'text',
  value: 'NAME',
  summary: `the environment; default: ${ENVIRONMENT_DEFAULT}`,
}

export const EXCLUDE_OPTION: OptionDefinition = { type: 'text', value: 'SELECTION', summary: 'leave these models out' }

export const WINDOW_OPTIONS = {
  from: { type: 'text', value: 'TIME', summary: 'of models by interval: compute none before this month, day or hour' },
  to: { type: 'text', value: 'TIME', summary: 'of models by interval: compute none after this month, day or hour' },
} as const satisfies Readonly<Record<string, OptionDefinition>>

export const SELECTION_DETAILS =
  'A selection is a name (`*` stands for anything; `shop.orders+` is what reads a stream or a seed), `tag:NAME`, `path:FOLDER` or `state:modified`, with `+` before or after it for\n' +
  'all that it reads or that reads it (`2+name`: two steps). Several are a union, commas within one an intersection.'

export interface GraphWords {
  readonly environment: string
  readonly words: readonly string[]
  readonly exclude: readonly string[]
  readonly window: IntervalWindow | null
}

/** Raises SELECTION_INVALID where a word is empty: a script whose variable is not set means not everything. */
export function graphWords({ positionals, options }: Pick<CommandContext, 'positionals' | 'options'>): GraphWords {
  const words = positionals.flatMap(wordsOf)
  if (words.length === 0 && positionals.length > 0)
    throw new MillraceError('SELECTION_INVALID', { details: { selection: "''", problem: 'it names nothing' } })
  return {
    environment: environmentOf(options),
    words,
    exclude: typeof options['exclude'] === 'string' ? wordsOf(options['exclude']) : [],
    window: readWindow(textOf(options['from']), textOf(options['to'])),
  }
}

export function environmentOf(options: CommandContext['options']): string {
  return typeof options['env'] === 'string' ? options['env'] : ENVIRONMENT_DEFAULT
}

function textOf(option: CommandContext['options'][string]): string | null {
  return typeof option === 'string' ? option : null
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}
