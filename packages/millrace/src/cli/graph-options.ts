import type { CommandContext, OptionDefinition } from './command.ts'

export const ENVIRONMENT_DEFAULT = 'prod'

export const ENVIRONMENT_OPTION: OptionDefinition = {
  type: 'text',
  value: 'NAME',
  summary: `the environment; default: ${ENVIRONMENT_DEFAULT}`,
}

export const EXCLUDE_OPTION: OptionDefinition = { type: 'text', value: 'SELECTION', summary: 'leave these models out' }

export const SELECTION_DETAILS =
  'A selection is a name (`*` stands for anything), `tag:NAME`, `path:FOLDER` or `state:modified`, with `+` before or after it for\n' +
  'all that it reads or that reads it (`2+name`: two steps). Several are a union, commas within one an intersection.'

export interface GraphWords {
  readonly environment: string
  readonly words: readonly string[]
  readonly exclude: readonly string[]
}

export function graphWords({ positionals, options }: Pick<CommandContext, 'positionals' | 'options'>): GraphWords {
  return {
    environment: environmentOf(options),
    words: positionals.flatMap(wordsOf),
    exclude: typeof options['exclude'] === 'string' ? wordsOf(options['exclude']) : [],
  }
}

export function environmentOf(options: CommandContext['options']): string {
  return typeof options['env'] === 'string' ? options['env'] : ENVIRONMENT_DEFAULT
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}
