import type { Command, CommandEntry, OptionDefinition } from './command.ts'
import { COMMON_OPTIONS } from './command.ts'
import { pad } from './table.ts'

export function commandHelp(command: Command): string {
  return [
    `millrace ${command.name}: ${command.summary}`,
    '',
    `  millrace ${command.name} ${command.usage}`.trimEnd(),
    '',
    'Options',
    ...optionLines({ ...command.options, ...COMMON_OPTIONS }),
    '',
    'Example',
    ...command.example.split('\n').map((line) => `  ${line}`),
    ...(command.details === undefined ? [] : ['', command.details]),
  ].join('\n')
}

export function overviewHelp(commands: readonly CommandEntry[]): string {
  const width = Math.max(...commands.map((command) => command.name.length)) + 2
  return [
    'millrace: every change, carried to the numbers and the people that depend on it, and proven',
    '',
    '  millrace COMMAND [options]',
    '',
    ...commands.map((command) => `  ${pad(command.name, width, 'left')}${command.summary}`),
    '',
    '`millrace COMMAND --help` tells more. Exit codes: 0 ok, 1 failed, 2 plan has changes, 3 proof mismatch,',
    '4 configuration, 5 source unreachable, 64 usage, 130 interrupted.',
  ].join('\n')
}

function optionLines(options: Readonly<Record<string, OptionDefinition>>): string[] {
  const names = Object.entries(options).map(([name, { value, type }]) => `--${name}${type === 'flag' ? '' : ` ${value ?? 'VALUE'}`}`)
  const width = Math.max(...names.map((name) => name.length)) + 2
  return Object.values(options).map(({ summary }, at) => `  ${pad(names[at] ?? '', width, 'left')}${summary}`)
}
