import type { Clock } from '@millrace/base'
import type { Terminal } from './terminal.ts'

export interface OptionDefinition {
  readonly type: 'text' | 'number' | 'flag'
  readonly summary: string
  /** What stands for the value in the help: `N`, `FILE`. */
  readonly value?: string
}

/** One thing that a user can type, as the overview lists it. */
export interface CommandEntry {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<CommandDefinition>
}

/** What a command takes and does. One file a command. */
export interface CommandDefinition {
  /** What follows the name: `MODEL [options]`. */
  readonly usage: string
  readonly example: string
  readonly positionals: { readonly least: number; readonly most: number }
  readonly options: Readonly<Record<string, OptionDefinition>>
  /** Further words for `--help`: what the result means, which exit codes to expect. */
  readonly details?: string
  run(context: CommandContext): Promise<number>
}

export type Command = CommandEntry & CommandDefinition

export interface CommandContext {
  readonly positionals: readonly string[]
  readonly options: Readonly<Record<string, string | number | boolean | undefined>>
  readonly terminal: Terminal
  readonly clock: Clock
  /** Aborts at Ctrl-C and at SIGTERM: what was started ends, and the command returns. */
  readonly signal: AbortSignal
  /** The project's folder as `--project` gave it, or the current one. */
  readonly folder: string
}

/** Every command has these. */
export const COMMON_OPTIONS: Readonly<Record<string, OptionDefinition>> = {
  project: { type: 'text', value: 'FOLDER', summary: 'the project; default: the current folder' },
  json: { type: 'flag', summary: 'print the result as JSON, one value a line; errors too' },
  help: { type: 'flag', summary: 'show this help' },
}

export const EXIT = { OK: 0, FAILED: 1, CHANGES: 2, MISMATCH: 3, CONFIGURATION: 4, SOURCE: 5, USAGE: 64, INTERRUPTED: 130 } as const
