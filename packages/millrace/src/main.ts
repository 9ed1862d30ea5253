/** The command line's entry: finds the command, runs it, turns what it raises into words and an exit code. */
import { ERRORS, MillraceError, nearest, systemClock } from '@millrace/base'
import { resolve } from 'node:path'
import { parseArguments } from './cli/arguments.ts'
import { type Command, EXIT } from './cli/command.ts'
import { commandHelp, overviewHelp } from './cli/help.ts'
import { exitCodeOf, showError } from './cli/show-error.ts'
import { openTerminal } from './cli/terminal.ts'
import { COMMANDS } from './command/index.ts'
import { VERSION } from './version.ts'

async function main(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words
  const json = words.includes('--json')
  const terminal = openTerminal(json)
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    terminal.out(overviewHelp(COMMANDS))
    return name === undefined ? EXIT.USAGE : EXIT.OK
  }
  if (name === '--version' || name === '-v') {
    terminal.out(VERSION)
    return EXIT.OK
  }
  const interrupt = new AbortController()
  let interrupted = false
  const stop = (signal: NodeJS.Signals): void => {
    // The second Ctrl-C does not wait any longer.
    if (interrupt.signal.aborted && signal === 'SIGINT') process.exit(EXIT.INTERRUPTED)
    interrupted = signal === 'SIGINT'
    interrupt.abort(new DOMException('The command was stopped.', 'AbortError'))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  try {
    const entry = COMMANDS.find((each) => each.name === name)
    if (entry === undefined) {
      const meant = nearest(
        name,
        COMMANDS.map((each) => each.name),
      )
      const problem = `There is no command '${name}'${meant === undefined ? '' : `; did you mean '${meant}'?`}`
      throw new MillraceError('USAGE', { details: { problem, command: '' } })
    }
    const command: Command = { ...entry, ...(await entry.load()) }
    const { positionals, options } = parseArguments(command, rest)
    if (options['help'] === true) {
      terminal.out(commandHelp(command))
      return EXIT.OK
    }
    const folder = resolve(typeof options['project'] === 'string' ? options['project'] : '.')
    const code = await command.run({ positionals, options, terminal, clock: systemClock, signal: interrupt.signal, folder })
    return interrupted ? EXIT.INTERRUPTED : code
  } catch (error) {
    if (interrupt.signal.aborted && error instanceof DOMException) return interrupted ? EXIT.INTERRUPTED : EXIT.OK
    showError(terminal, error)
    return exitCodeOf(error, ({ code }) => ERRORS[code].exit)
  }
}

// A reader that goes away early (`millrace tail x | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.OK)
  throw error
})

const exitCode = await main(process.argv.slice(2))
// Whatever a dependency may still hold open, the command has ended.
process.stdout.write('', () => process.exit(exitCode))
