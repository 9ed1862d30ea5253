import { MillraceError, nearest } from '@millrace/base'
import { parseArgs } from 'node:util'
import { type Command, COMMON_OPTIONS, type OptionDefinition } from './command.ts'

export interface ParsedArguments {
  readonly positionals: readonly string[]
  readonly options: Readonly<Record<string, string | number | boolean | undefined>>
}

/** Reads what follows a command's name; raises USAGE, naming what was probably meant. */
export function parseArguments(command: Command, words: readonly string[]): ParsedArguments {
  const definitions: Record<string, OptionDefinition> = { ...command.options, ...COMMON_OPTIONS }
  const usage = (problem: string): MillraceError => new MillraceError('USAGE', { details: { problem, command: command.name } })
  const { tokens } = parseArgs({
    args: [...words],
    allowPositionals: true,
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(definitions).map(([name, { type }]) => [name, { type: type === 'flag' ? ('boolean' as const) : ('string' as const) }]),
    ),
  })
  const positionals: string[] = []
  const options: Record<string, string | number | boolean> = {}
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const definition = definitions[token.name]
    if (definition === undefined) {
      const meant = nearest(token.name, Object.keys(definitions))
      throw usage(`There is no option ${token.rawName}${meant === undefined ? '' : `; did you mean --${meant}?`}.`)
    }
    options[token.name] = optionValue(definition, token.rawName, token.value, usage)
  }
  if (options['help'] !== true) {
    if (positionals.length < command.positionals.least) throw usage(`Something is missing: millrace ${command.name} ${command.usage}.`)
    if (positionals.length > command.positionals.most)
      throw usage(`Too many words: ${positionals.slice(command.positionals.most).join(' ')}.`)
  }
  return { positionals, options }
}

function optionValue(
  definition: OptionDefinition,
  name: string,
  text: string | undefined,
  usage: (problem: string) => MillraceError,
): string | number | boolean {
  if (definition.type === 'flag') {
    if (text !== undefined) throw usage(`${name} takes no value.`)
    return true
  }
  if (text === undefined) throw usage(`${name} needs a value: ${name} ${definition.value ?? 'VALUE'}.`)
  if (definition.type === 'text') return text
  const number = Number(text)
  if (text.trim() === '' || !Number.isFinite(number)) throw usage(`${name} takes a number, not '${text}'.`)
  return number
}
