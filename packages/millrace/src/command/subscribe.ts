import { type Change, createClient } from '@millrace/client'
import { type CommandContext, type CommandDefinition, EXIT } from '../cli/command.ts'
import type { Terminal } from '../cli/terminal.ts'
import { loadProject } from '../config/project.ts'
import { asMillraceError, runningUrl } from '../engine/read-running.ts'

export const subscribe: CommandDefinition = {
  usage: 'MODEL [options]',
  example:
    'millrace subscribe order_totals --where "total > 100 and customer like \'A%\'"\nmillrace subscribe order_totals --from POSITION --json',
  positionals: { least: 1, most: 1 },
  options: {
    from: { type: 'text', value: 'POSITION', summary: 'go on from a position that was told before; `now`: only what comes' },
    where: { type: 'text', value: 'SQL', summary: 'only rows for which this condition is true' },
    key: { type: 'text', value: 'KEY', summary: 'only the row with this key' },
    once: { type: 'flag', summary: 'stop when the rows as they are have been told' },
  },
  details:
    'It asks the running process. One line a change, after the rows as they are. A row that ceases to fit the condition is told as\n' +
    'deleted. The position to go on from is told at the end, and with --json in every line that has one. Where the process is started\n' +
    'anew, it goes on by itself: no change is lost and none is told twice.',
  async run(context) {
    const { positionals, terminal, folder, signal } = context
    const url = runningUrl(await loadProject(folder))
    const subscription = createClient({ url }).subscribe(positionals[0] ?? '', { ...askedOf(context), signal })
    try {
      for await (const change of subscription) {
        show(terminal, change)
        if (change.operation === 'ready' && context.options['once'] === true) break
      }
    } catch (error) {
      throw asMillraceError(error, url)
    }
    if (!terminal.json && subscription.position !== null) terminal.note(terminal.paint('dim', `go on with --from ${subscription.position}`))
    return EXIT.OK
  },
}

function askedOf({ options, terminal }: CommandContext): Parameters<ReturnType<typeof createClient>['subscribe']>[1] & object {
  const text = (name: string): string | undefined => (typeof options[name] === 'string' ? options[name] : undefined)
  const [from, where, key] = [text('from'), text('where'), text('key')]
  return {
    ...(from === undefined ? {} : { from }),
    ...(where === undefined ? {} : { where }),
    ...(key === undefined ? {} : { key }),
    onReconnect: (error) => terminal.note(terminal.paint('dim', `${error.message} Trying again.`)),
  }
}

const STYLE = { insert: 'green', update: 'yellow', delete: 'red', truncate: 'magenta', ready: 'cyan' } as const

function show(terminal: Terminal, change: Change): void {
  if (terminal.json) return terminal.value(change)
  const { operation, before, after, snapshot } = change
  if (operation === 'ready') return terminal.note(terminal.paint('dim', 'These are the rows as they are. Every change follows.'))
  const word = snapshot && operation === 'insert' ? 'row' : operation
  const row = after ?? before ?? {}
  const cells = Object.entries(row).map(([name, value]) => {
    const old = before?.[name]
    const isChanged = after !== null && before !== null && old !== value
    return `${name}=${isChanged ? `${terminal.paint('dim', `${String(old)} →`)} ` : ''}${String(value)}`
  })
  terminal.out(`${terminal.paint(STYLE[operation], word.padEnd(8))}  ${cells.join('  ')}`)
}
