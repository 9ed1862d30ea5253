import { MillraceError } from '@millrace/base'
import type { LogReader } from '@millrace/core'
import { deliverySummary, enableDelivery, type EventStatus, findEvent, listAttempts, listEvents, resendEvents } from '@millrace/deliver'
import type { EventDetail } from '@millrace/serve'
import { openReader, openStore, type Store } from '@millrace/store'
import { type CommandContext, type CommandDefinition, EXIT } from '../cli/command.ts'
import { tableLines } from '../cli/table.ts'
import type { Terminal } from '../cli/terminal.ts'
import { loadProject, type Project } from '../config/project.ts'
import { askRunning } from '../engine/ask-running.ts'
import { readRunFile } from '../engine/run-file.ts'

const EVENTS_SHOWN_DEFAULT = 20
const STATUSES: readonly EventStatus[] = ['waiting', 'retrying', 'parked', 'delivered']

export const deliveries: CommandDefinition = {
  usage: '[DELIVERY [EVENT]] [options]',
  example:
    'millrace deliveries\nmillrace deliveries totals --status parked\nmillrace deliveries totals msg_2ZyV… --resend\nmillrace deliveries totals --enable',
  positionals: { least: 0, most: 2 },
  options: {
    status: { type: 'text', value: 'STATUS', summary: `only events that are ${STATUSES.join(', ')}` },
    key: { type: 'text', value: 'KEY', summary: 'only events of this row: order_id=17' },
    limit: { type: 'number', value: 'N', summary: `show at most N events; default ${EVENTS_SHOWN_DEFAULT}` },
    resend: { type: 'flag', summary: 'send the event once more, under its old id' },
    enable: { type: 'flag', summary: 'let a delivery go on that its receiver had ended with 410 Gone' },
  },
  details: 'Without a name, a line for each delivery. With an event’s id, every attempt of it.',
  async run(context) {
    const project = await loadProject(context.folder)
    const [name, id] = context.positionals
    if (name !== undefined) refuseUnknown(project, name)
    if (context.options['resend'] === true) return resend(context, project, name, id)
    if (context.options['enable'] === true) return enable(context, project, name)
    const reader = openReader(project.storePath)
    try {
      if (name === undefined) showDeliveries(context.terminal, reader, Object.keys(project.config.deliveries ?? {}))
      else if (id === undefined) showEvents(context, reader, name)
      else showEvent(context.terminal, reader, name, id)
    } finally {
      reader.close()
    }
    return EXIT.OK
  },
}

function refuseUnknown(project: Project, name: string): void {
  if (project.config.deliveries?.[name] === undefined) throw new MillraceError('DELIVERY_UNKNOWN', { details: { name } })
}

/** The running process does it, since it alone knows what is in flight; else the store is changed, for the next start. */
async function resend({ terminal }: CommandContext, project: Project, name: string | undefined, id: string | undefined): Promise<number> {
  if (name === undefined || id === undefined) {
    throw new MillraceError('USAGE', { details: { problem: '--resend needs a delivery and an event’s id.', command: 'deliveries' } })
  }
  const running = readRunFile(project.storePath)
  if (running === null) await withStore(project, (store, reader) => resendEvents(reader, store, { delivery: name, eventIds: [id] }))
  else await askRunning<EventDetail>(running.url, `${pathOf(name)}/events/${encodeURIComponent(id)}/resend`, { method: 'POST' })
  if (terminal.json) terminal.value({ delivery: name, id, when: running === null ? 'at the next start' : 'now' })
  else terminal.out(`${id} is sent again under the same id${running === null ? ', at the next start' : ''}.`)
  return EXIT.OK
}

async function enable({ terminal }: CommandContext, project: Project, name: string | undefined): Promise<number> {
  if (name === undefined) throw new MillraceError('USAGE', { details: { problem: '--enable needs a delivery.', command: 'deliveries' } })
  const running = readRunFile(project.storePath)
  if (running === null) await withStore(project, (store) => enableDelivery(store, name))
  else await askRunning(running.url, `${pathOf(name)}/enable`, { method: 'POST' })
  if (terminal.json) terminal.value({ delivery: name, enabled: true })
  else terminal.out(`${name} goes on${running === null ? ' at the next start' : ''}.`)
  return EXIT.OK
}

function pathOf(delivery: string): string {
  return `/api/deliveries/${encodeURIComponent(delivery)}`
}

async function withStore(project: Project, work: (store: Store, reader: LogReader) => Promise<unknown>): Promise<void> {
  // A store that is not there is told as such, not made.
  openReader(project.storePath).close()
  const store = await openStore(project.storePath)
  try {
    await work(store, store.reader())
  } finally {
    await store.close()
  }
}

function showDeliveries(terminal: Terminal, reader: LogReader, names: readonly string[]): void {
  const summaries = names.map((name) => deliverySummary(reader, name))
  if (terminal.json) {
    for (const summary of summaries) terminal.value(summary)
    return
  }
  const rows = summaries.map(({ name, stream, delivered, waiting, retrying, parked, disabledMs }) => [
    terminal.paint('bold', name),
    stream,
    String(delivered),
    String(waiting),
    String(retrying),
    parked === 0 ? '0' : terminal.paint('red', String(parked)),
    disabledMs === null ? '' : terminal.paint('red', `disabled ${new Date(disabledMs).toISOString()}`),
  ])
  const right = { align: 'right' as const }
  const columns = [
    { title: 'delivery' },
    { title: 'tells' },
    { title: 'delivered', ...right },
    { title: 'waiting', ...right },
    { title: 'retrying', ...right },
    { title: 'parked', ...right },
    { title: '' },
  ]
  for (const line of tableLines(terminal, columns, rows)) terminal.out(line)
}

function showEvents({ terminal, options }: CommandContext, reader: LogReader, delivery: string): void {
  const { status, key, limit } = options
  if (status !== undefined && !STATUSES.includes(status as EventStatus)) {
    throw new MillraceError('USAGE', { details: { problem: `--status is one of ${STATUSES.join(', ')}.`, command: 'deliveries' } })
  }
  const events = listEvents(reader, {
    delivery,
    limit: typeof limit === 'number' ? limit : EVENTS_SHOWN_DEFAULT,
    ...(status === undefined ? {} : { status: status as EventStatus }),
    ...(typeof key === 'string' ? { key } : {}),
  })
  if (terminal.json) {
    for (const event of events) terminal.value(event)
    return
  }
  const rows = events.map(({ id, status: is, key: row, operation, attempts, answer, attemptedMs, error }) => [
    id,
    is === 'delivered' ? terminal.paint('green', is) : is === 'parked' ? terminal.paint('red', is) : terminal.paint('yellow', is),
    row,
    operation,
    String(attempts),
    answer === null ? '' : String(answer),
    attemptedMs === null ? '' : new Date(attemptedMs).toISOString(),
    error ?? '',
  ])
  const titles = ['event', 'status', 'row', 'operation', 'attempts', 'answer', 'last attempt', 'error']
  for (const line of tableLines(
    terminal,
    titles.map((title) => ({ title })),
    rows,
  ))
    terminal.out(line)
}

function showEvent(terminal: Terminal, reader: LogReader, delivery: string, id: string): void {
  const event = findEvent(reader, delivery, id)
  const attempts = listAttempts(reader, { eventId: id }).filter((attempt) => attempt.delivery === delivery)
  if (terminal.json) return terminal.value({ ...event, attemptsMade: attempts })
  terminal.out(
    `${terminal.paint('bold', id)}  ${event.status}  ${event.operation} of ${event.key}, committed ${new Date(event.committedMs).toISOString()}`,
  )
  const rows = attempts.map(({ number, startedMs, tookMs, answer, error }) => [
    String(number),
    new Date(startedMs).toISOString(),
    `${tookMs.toFixed(1)} ms`,
    answer === null ? 'no answer' : String(answer),
    error ?? '',
  ])
  for (const line of tableLines(
    terminal,
    ['attempt', 'sent', 'took', 'answer', 'error'].map((title) => ({ title })),
    rows,
  ))
    terminal.out(`  ${line}`)
}
