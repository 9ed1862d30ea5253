/** Finds the asked command in a table, runs it, prints its outcome, and tells the exit code: 0, 1, or 64 if it was asked wrongly. */
import { describeError } from '@millrace/base'
import { parseArgs } from 'node:util'
import type { Command, CommandOption, CommandOptions } from './command.ts'
import { usageOf } from './usage.ts'

export interface CommandTable {
  /** `npm run drill --`. */
  readonly program: string
  readonly commands: readonly Command[]
  readonly example: string
}

export async function runCommand(table: CommandTable, words: readonly string[]): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const command = table.commands.find(({ name }) => name === words[0])
  if (words.includes('--help')) {
    process.stdout.write(`${usageOf(table)}\n`)
    return 0
  }
  const asked = command === undefined ? null : read(command, words.slice(1), say)
  if (command === undefined || asked === null) {
    say(usageOf(table))
    return 64
  }
  try {
    const { outcome, ok, text } = await command.run(asked.values, say)
    process.stdout.write(asked.json ? `${JSON.stringify(outcome)}\n` : `${text ?? JSON.stringify(outcome, null, 2)}\n`)
    return ok ? 0 : 1
  } catch (error) {
    say(`${table.program} ${command.name} itself failed: ${describeError(error)}`)
    if (error instanceof Error && error.stack !== undefined) say(error.stack)
    return 1
  }
}

interface Asked {
  readonly values: Readonly<Record<string, number | string | boolean>>
  readonly json: boolean
}

/** Null, and why said, where the words are no options of this command. */
function read(command: Command, words: readonly string[], say: (line: string) => void): Asked | null {
  try {
    const known = { json: { default: false, help: '' }, quick: { default: false, help: '' }, ...command.options }
    const { values } = parseArgs({ args: [...words], options: kinds(known) })
    const quick = values['quick'] === true
    const settled = Object.entries(command.options).map(([name, option]) => [name, valueOf(option, values[name], quick)] as const)
    const wrong = settled.find(([, value]) => Number.isNaN(value))
    if (wrong !== undefined) throw new TypeError(`--${wrong[0]} takes a number.`)
    return { values: Object.fromEntries(settled), json: values['json'] === true }
  } catch (error) {
    say(`${describeError(error)}\n`)
    return null
  }
}

function kinds(options: CommandOptions): Record<string, { readonly type: 'boolean' | 'string' }> {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [name, { type: typeof option.default === 'boolean' ? 'boolean' : 'string' } as const]),
  )
}

function valueOf(option: CommandOption, given: string | boolean | undefined, quick: boolean): number | string | boolean {
  if (given === undefined) return quick ? (option.quick ?? option.default) : option.default
  return typeof option.default === 'number' ? Number(given) : given
}
