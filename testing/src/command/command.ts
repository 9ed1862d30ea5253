/** A command of `npm run drill` or `npm run bench`: what it is called, what may be set, what it does. */
export interface CommandOption {
  /** Its type is the option's: a number, a text, or a flag that is off. */
  readonly default: number | string | boolean
  /** What a number is with `--quick`, where nobody said otherwise. */
  readonly quick?: number
  readonly help: string
}

export type CommandOptions = Readonly<Record<string, CommandOption>>

export type OptionValues<Options extends CommandOptions> = {
  readonly [Name in keyof Options]: Options[Name]['default'] extends number
    ? number
    : Options[Name]['default'] extends boolean
      ? boolean
      : string
}

export interface CommandResult {
  /** Printed as JSON. */
  readonly outcome: object
  /** False where the command did its work and the answer is bad: exit code 1. */
  readonly ok: boolean
  /** What people read instead of the JSON, if anything. */
  readonly text?: string
}

export interface CommandDefinition<Options extends CommandOptions> {
  readonly name: string
  /** A line or more. */
  readonly summary: string
  readonly options: Options
  run(values: OptionValues<Options>, note: (line: string) => void): Promise<CommandResult>
}

export interface Command {
  readonly name: string
  readonly summary: string
  readonly options: CommandOptions
  run(values: Readonly<Record<string, number | string | boolean>>, note: (line: string) => void): Promise<CommandResult>
}

export function defineCommand<const Options extends CommandOptions>(definition: CommandDefinition<Options>): Command {
  // The table's reader makes the values from these very options, so that they have these types.
  return { ...definition, run: (values, note) => definition.run(values as OptionValues<Options>, note) }
}
