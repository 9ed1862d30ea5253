import { AssertionError, describeError, MillraceError } from '@millrace/base'
import type { Terminal } from './terminal.ts'

/** An error as people and as programs read it. A stack only where `MILLRACE_STACK=1` asks for it. */
export function showError(terminal: Terminal, error: unknown): void {
  if (terminal.json) return terminal.value({ error: asJson(error) })
  if (error instanceof AggregateError) {
    for (const each of error.errors) showError(terminal, each)
    return
  }
  if (error instanceof MillraceError) showKnown(terminal, error)
  else showUnknown(terminal, error)
  if (process.env['MILLRACE_STACK'] === '1' && error instanceof Error) terminal.note(error.stack ?? '')
}

function showKnown(terminal: Terminal, error: MillraceError): void {
  terminal.note(`${terminal.paint('red', error.code)}  ${error.message}`)
  if (error.frame !== undefined) for (const line of error.frame.split('\n')) terminal.note(`  ${line}`)
  if (error.cause !== undefined && !tells(error, error.cause))
    terminal.note(terminal.paint('dim', `  because: ${describeError(error.cause)}`))
  terminal.note(`  ${terminal.paint('bold', 'What to do:')} ${error.hint}`)
}

/** Whether the message has its cause's words already. */
function tells(error: MillraceError, cause: unknown): boolean {
  return cause instanceof Error && error.message.includes(cause.message.replace(/\.$/, ''))
}

function showUnknown(terminal: Terminal, error: unknown): void {
  const what = error instanceof AssertionError ? 'A law of Millrace was broken' : 'Something unexpected happened'
  terminal.note(`${terminal.paint('red', 'INTERNAL')}  ${what}: ${describeError(error)}`)
  terminal.note(
    `  ${terminal.paint('bold', 'What to do:')} This is a defect. Run it again with MILLRACE_STACK=1 and report what it prints.`,
  )
}

function asJson(error: unknown): unknown {
  if (error instanceof AggregateError) return error.errors.map(asJson)
  if (error instanceof MillraceError) return error.toJSON()
  return { code: 'INTERNAL', message: describeError(error) }
}

/** The exit code that an error ends its command with. */
export function exitCodeOf(error: unknown, exits: (error: MillraceError) => number): number {
  if (error instanceof AggregateError && error.errors.length > 0) return exitCodeOf(error.errors[0], exits)
  return error instanceof MillraceError ? exits(error) : 1
}
