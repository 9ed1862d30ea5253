import type { LogReader } from '@millrace/core'
import type { ChangeRecord } from '@millrace/serve'
import { openReader } from '@millrace/store'
import { type CommandContext, type CommandDefinition, EXIT } from '../cli/command.ts'
import type { Terminal } from '../cli/terminal.ts'
import { loadProject } from '../config/project.ts'
import { keyText } from '../engine/change-record.ts'
import { readChanges } from '../engine/read-changes.ts'

const POLL_MS = 100
const PAGE_LIMIT = 1000

export const tail: CommandDefinition = {
  usage: 'NAME [options]',
  example: 'millrace tail order_totals --last 20\nmillrace tail shop.orders --from 0 --once --json',
  positionals: { least: 1, most: 1 },
  options: {
    last: { type: 'number', value: 'N', summary: 'begin with the last N changes of each partition; default 20' },
    from: { type: 'number', value: 'POSITION', summary: 'begin at this position instead; 0 is the oldest that is kept' },
    once: { type: 'flag', summary: 'stop at the newest change instead of waiting for more' },
  },
  details: 'One line a change: time, operation, key, then what is new. It reads what is durable, so it also works while nothing runs.',
  async run(context) {
    const { storePath } = await loadProject(context.folder)
    const reader = openReader(storePath)
    try {
      await follow(context, reader, context.positionals[0] ?? '')
    } finally {
      reader.close()
    }
    return EXIT.OK
  },
}

async function follow({ options, terminal, clock, signal }: CommandContext, reader: LogReader, stream: string): Promise<void> {
  const { partitions } = reader.stream(stream)
  const last = typeof options['last'] === 'number' ? options['last'] : 20
  const next = new Map<number, number>()
  for (let partition = 0; partition < partitions; partition += 1) {
    const extent = reader.extents(stream).find((each) => each.partition === partition)
    const from = typeof options['from'] === 'number' ? options['from'] : (extent?.next ?? 0) - last
    next.set(partition, Math.max(extent?.first ?? 0, from))
  }
  while (!signal.aborted) {
    const shown = [...next].reduce((count, [partition, from]) => {
      const page = readChanges(reader, { stream, partition, after: from - 1, limit: PAGE_LIMIT })
      for (const change of page.changes) show(terminal, change)
      next.set(partition, (page.changes.at(-1)?.position ?? from - 1) + 1)
      return count + page.changes.length
    }, 0)
    if (shown > 0) continue
    if (options['once'] === true) return
    await clock.sleep(POLL_MS, signal).catch(() => undefined)
  }
}

const STYLE = { insert: 'green', update: 'yellow', delete: 'red', truncate: 'magenta' } as const

function show(terminal: Terminal, change: ChangeRecord): void {
  if (terminal.json) return terminal.value(change)
  const time = new Date(change.committedMs).toISOString().slice(11, 23)
  const operation = terminal.paint(STYLE[change.operation], change.operation.padEnd(6))
  terminal.out(`${terminal.paint('dim', time)}  ${operation}  ${terminal.paint('bold', keyText(change))}  ${news(terminal, change)}`)
}

/** The columns that an update changed as `old → new`; all others of the row for an insert or a delete. */
function news(terminal: Terminal, { before, after, key }: ChangeRecord): string {
  const row = after ?? before ?? {}
  return Object.entries(row)
    .filter(([name]) => !key.includes(name))
    .flatMap(([name, value]) => {
      const old = before?.[name]
      if (after === null || before === null || old === undefined) return [`${name}=${String(value)}`]
      return old === value ? [] : [`${name}=${terminal.paint('dim', `${String(old)} →`)} ${String(value)}`]
    })
    .join('  ')
}
