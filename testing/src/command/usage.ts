import type { Command, CommandOption } from './command.ts'
import type { CommandTable } from './run-command.ts'

/** What `--help` prints: every command with its options. */
export function usageOf({ program, commands, example }: CommandTable): string {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2
  const hasQuick = commands.some(({ options }) => Object.values(options).some(({ quick }) => quick !== undefined))
  return [
    `${program} NAME [options]`,
    ...commands.map((command) => describe(command, width)),
    `Options of every command
  --json    print the outcome as one line of JSON${hasQuick ? '\n  --quick   small, to see that all of it works' : ''}`,
    `Example\n  ${example}`,
  ].join('\n\n')
}

function describe({ name, summary, options }: Command, width: number): string {
  const indent = ' '.repeat(width + 2)
  const flags = Object.entries(options).map(([option, { default: value }]) =>
    typeof value === 'boolean' ? `--${option}` : `--${option} ${typeof value === 'number' ? 'N' : 'TEXT'}`,
  )
  const flagWidth = Math.max(0, ...flags.map((flag) => flag.length)) + 2
  const lines = Object.values(options).map((option, at) => `${indent}  ${(flags[at] ?? '').padEnd(flagWidth)}${helpOf(option)}`)
  return [`  ${name.padEnd(width)}${summary.replaceAll('\n', `\n${indent}`)}`, ...lines].join('\n')
}

function helpOf({ default: value, quick, help }: CommandOption): string {
  if (value === '' || typeof value === 'boolean') return help
  return `${help}; default ${value}${quick === undefined ? '' : `, quick ${quick}`}`
}
