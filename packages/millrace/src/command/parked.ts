import { findParked, listParked, openParking } from '@millrace/capture'
import { describeError, MillraceError, systemClock } from '@millrace/base'
import type { LogReader } from '@millrace/core'
import type { ParkedDetail, ParkedPage, ParkedReplayed, ParkedStatus, ParkedSummary, ParkedTableState, Row } from '@millrace/serve'
import { openReader, openStore } from '@millrace/store'
import { createWriteStream, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { type CommandContext, type CommandDefinition, EXIT } from '../cli/command.ts'
import { progressLine } from '../cli/progress.ts'
import { tableLines } from '../cli/table.ts'
import type { Terminal } from '../cli/terminal.ts'
import { loadProject, type Project } from '../config/project.ts'
import { askRunning } from '../engine/ask-running.ts'
import { detailOf, ParkedDesk, parkedPage } from '../engine/parked-desk.ts'
import { readRunFile } from '../engine/run-file.ts'

const SHOWN_DEFAULT = 20
const PAGE = 500
const STATUSES: readonly ParkedStatus[] = ['parked', 'replayed', 'dropped']

/** How a parked record is mended, wherever the store is written. */
interface Hand {
  fix(id: string, row: Row): Promise<ParkedDetail>
  replay(id: string): Promise<ParkedReplayed>
  drop(id: string): Promise<ParkedDetail>
  accept(stream: string): Promise<ParkedTableState>
}

export const parked: CommandDefinition = {
  usage: '[STREAM | ID] [options]',
  example: [
    'millrace parked',
    'millrace parked shop.orders',
    'millrace parked shop.orders/0/26514336.0 --fix \'{"id": 7, "amount": "12.50"}\' --replay',
    'millrace parked shop.orders --export parked.jsonl',
    'millrace parked --import parked.jsonl --replay',
  ].join('\n'),
  positionals: { least: 0, most: 1 },
  options: {
    status: { type: 'text', value: 'STATUS', summary: `${STATUSES.join(', ')}; default parked` },
    limit: { type: 'number', value: 'N', summary: `show at most N; default ${SHOWN_DEFAULT}` },
    export: { type: 'text', value: 'FILE', summary: 'write all of them to FILE, one JSON object a line, to be mended there' },
    import: { type: 'text', value: 'FILE', summary: 'take the rows that FILE, once exported, has now' },
    fix: { type: 'text', value: 'JSON', summary: 'give the record this row: an object of columns and values' },
    replay: { type: 'flag', summary: 'put it into its stream, under its old identity; with a stream, or --import: each of them' },
    accept: {
      type: 'flag',
      summary: 'with a stream whose table changed its shape: take it as it is now; its rows are read anew, deletes included',
    },
    drop: { type: 'flag', summary: 'let it go for good; with a stream: each of them' },
  },
  details: `A change that a source could not take is set aside and its neighbours flow on; later changes of its key wait
behind it, so that nothing is out of order. A replay takes along what only waited. Without a name: a line for each
stream and reason. Exit code 1 where something could not be replayed.`,
  async run(context) {
    const project = await loadProject(context.folder)
    const { options, positionals, terminal } = context
    const [name] = positionals
    if (options['accept'] === true) return accept(context, project, name)
    const changes =
      options['fix'] !== undefined || options['import'] !== undefined || options['replay'] === true || options['drop'] === true
    if (changes) return mend(context, project, name)
    const reader = openReader(project.storePath)
    try {
      if (typeof options['export'] === 'string') return await exportTo(terminal, reader, { file: options['export'], stream: name })
      if (name === undefined) showCounts(terminal, reader)
      else if (name.includes('/')) showRecord(terminal, detailOf(findParked(reader, name)))
      else showRecords(context, reader, name)
    } finally {
      reader.close()
    }
    return EXIT.OK
  },
}

async function accept({ terminal }: CommandContext, project: Project, stream: string | undefined): Promise<number> {
  if (stream === undefined || stream.includes('/')) throw usage('--accept needs the stream of a table, as `millrace parked` shows it.')
  return withHand(project, async (hand) => {
    const table = await hand.accept(stream)
    if (terminal.json) terminal.value(table)
    else
      terminal.out(
        `${stream} is taken as it is now${readRunFile(project.storePath) === null ? ' at the next start' : ''}; its rows are read anew.`,
      )
    return EXIT.OK
  })
}

async function mend({ options, terminal }: CommandContext, project: Project, name: string | undefined): Promise<number> {
  const isId = name?.includes('/') === true
  const { fix, drop, replay } = options
  if (drop === true && (replay === true || fix !== undefined)) throw usage('--drop lets a record go; it cannot also be mended.')
  if (fix !== undefined && !isId) throw usage('--fix needs the id of one record, as `millrace parked STREAM` shows it.')
  if (options['import'] === undefined && name === undefined) throw usage('Name a stream or an id.')
  return withHand(project, async (hand, reader) => {
    if (typeof fix === 'string') await hand.fix(name as string, rowFrom(fix))
    const fixed = typeof options['import'] === 'string' ? await importFrom(options['import'], hand) : []
    const ids = isId ? [name] : typeof options['import'] === 'string' ? fixed : idsOf(reader, name as string)
    if (replay !== true && drop !== true) {
      const mended = isId ? ids : fixed
      if (terminal.json) terminal.value({ mended })
      else terminal.out(`${mended.length} mended; \`--replay\` puts ${mended.length === 1 ? 'it' : 'them'} into the stream.`)
      return EXIT.OK
    }
    return drop === true ? dropAll(terminal, hand, ids) : replayAll(terminal, hand, ids)
  })
}

/** In their order: a record whose key is held back by a fault of its own is left, and said so. */
async function replayAll(terminal: Terminal, hand: Hand, ids: readonly string[]): Promise<number> {
  const replayed = new Set<string>()
  const refused: { readonly id: string; readonly error: string }[] = []
  const draw = progressLine(terminal, 'replaying')
  for (const [at, id] of ids.entries()) {
    draw(at, ids.length)
    if (replayed.has(id)) continue
    try {
      for (const each of (await hand.replay(id)).replayed) replayed.add(each)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      if (ids.length === 1) throw error
      refused.push({ id, error: describeError(error) })
    }
  }
  if (terminal.json) terminal.value({ replayed: [...replayed], refused })
  else {
    terminal.out(`${replayed.size} replayed.`)
    for (const { id, error } of refused) terminal.out(`${terminal.paint('red', 'left')}  ${id}  ${error}`)
  }
  return refused.length === 0 ? EXIT.OK : EXIT.FAILED
}

async function dropAll(terminal: Terminal, hand: Hand, ids: readonly string[]): Promise<number> {
  for (const id of ids) await hand.drop(id)
  if (terminal.json) terminal.value({ dropped: ids })
  else terminal.out(`${ids.length} let go.`)
  return EXIT.OK
}

/** The running process does it, since its sources hold the keys back; else the store is changed, for the next start. */
async function withHand<Result>(project: Project, work: (hand: Hand, reader: LogReader) => Promise<Result>): Promise<Result> {
  const running = readRunFile(project.storePath)
  const reader = openReader(project.storePath)
  try {
    if (running !== null) return await work(handOf(running.url), reader)
    const store = await openStore(project.storePath)
    try {
      const lotOf = (source: string): ReturnType<typeof openParking> => openParking({ source, reader, clock: systemClock })
      return await work(new ParkedDesk({ reader, writer: store, lotOf }), reader)
    } finally {
      await store.close()
    }
  } finally {
    reader.close()
  }
}

function handOf(url: string): Hand {
  const path = (id: string, action: string): string => `/api/parked/${encodeURIComponent(id)}/${action}`
  return {
    fix: (id, row) => askRunning(url, path(id, 'fix'), { method: 'POST', body: { row } }),
    replay: (id) => askRunning(url, path(id, 'replay'), { method: 'POST' }),
    drop: (id) => askRunning(url, path(id, 'drop'), { method: 'POST' }),
    accept: (stream) => askRunning(url, `/api/streams/${encodeURIComponent(stream)}/accept`, { method: 'POST' }),
  }
}

function idsOf(reader: LogReader, stream: string): string[] {
  return [...everyRecord(reader, stream)].map(({ id }) => id)
}

function* everyRecord(reader: LogReader, stream: string | undefined): Generator<ReturnType<typeof findParked>> {
  let after: ReturnType<typeof findParked> | undefined
  for (;;) {
    const page = listParked(reader, { limit: PAGE, ...(stream === undefined ? {} : { stream }), ...(after === undefined ? {} : { after }) })
    yield* page
    after = page.at(-1)
    if (page.length < PAGE) return
  }
}

async function exportTo(
  terminal: Terminal,
  reader: LogReader,
  { file, stream }: { file: string; stream: string | undefined },
): Promise<number> {
  const out = createWriteStream(file, { flags: 'wx' })
  await once(out, 'open').catch((cause: unknown) => {
    throw new MillraceError('USAGE', { cause, details: { problem: `${file} cannot be written, or exists already.`, command: 'parked' } })
  })
  let count = 0
  for (const record of everyRecord(reader, stream)) {
    count += 1
    if (!out.write(`${JSON.stringify(detailOf(record))}\n`)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'close')
  if (terminal.json) terminal.value({ file, exported: count })
  else terminal.out(`${count} written to ${file}. Mend \`row\` there, then: millrace parked --import ${file} --replay`)
  return EXIT.OK
}

/** Each line of an export whose row is there is given back; returns the ids in the order of the file. */
async function importFrom(file: string, hand: Hand): Promise<string[]> {
  const ids: string[] = []
  for (const [at, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (line.trim() === '') continue
    const record = parsed(line, `line ${at + 1} of ${file}`)
    const { id, row } = record as { readonly id?: unknown; readonly row?: Row | null }
    if (typeof id !== 'string') throw usage(`Line ${at + 1} of ${file} has no \`id\`: it is not one of an export.`)
    if (row !== null && row !== undefined) await hand.fix(id, row)
    ids.push(id)
  }
  return ids
}

function rowFrom(text: string): Row {
  return parsed(text, '--fix') as Row
}

function parsed(text: string, place: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // Told below, with its place.
  }
  throw usage(`${place} is not a JSON object.`)
}

function usage(problem: string): MillraceError {
  return new MillraceError('USAGE', { details: { problem, command: 'parked' } })
}

function showCounts(terminal: Terminal, reader: LogReader): void {
  const { counts, tables } = parkedPage(reader, { source: null, stream: null, status: 'parked', after: null, limit: 1 })
  if (terminal.json) {
    for (const each of [...tables, ...counts]) terminal.value(each)
    return
  }
  if (counts.length + tables.length === 0) return terminal.out('Nothing is parked.')
  for (const { stream, what, sinceMs, accepted } of tables) {
    const since = `since ${new Date(sinceMs).toISOString()}`
    const way = accepted ? 'it is accepted, and about to be read anew' : `take it as it is now: millrace parked ${stream} --accept`
    terminal.out(`${terminal.paint('red', 'table')}  ${terminal.paint('bold', stream)}  ${what}, ${since}`)
    terminal.out(`       ${way}`)
  }
  if (counts.length === 0) return
  const rows = counts.map(({ stream, code, count, oldestMs }) => [
    stream,
    terminal.paint('red', String(count)),
    code,
    new Date(oldestMs).toISOString(),
  ])
  const columns = [{ title: 'stream' }, { title: 'parked', align: 'right' as const }, { title: 'reason' }, { title: 'oldest' }]
  for (const line of tableLines(terminal, columns, rows)) terminal.out(line)
}

function showRecords({ terminal, options }: CommandContext, reader: LogReader, stream: string): void {
  const status = (options['status'] ?? 'parked') as ParkedStatus
  if (!STATUSES.includes(status)) throw usage(`--status is one of ${STATUSES.join(', ')}.`)
  const limit = typeof options['limit'] === 'number' ? options['limit'] : SHOWN_DEFAULT
  const { records, cursor }: ParkedPage = parkedPage(reader, { source: null, stream, status, after: null, limit })
  if (records.length === 0 && !reader.streams().some(({ name }) => name === stream))
    throw new MillraceError('STREAM_UNKNOWN', { details: { name: stream } })
  if (terminal.json) {
    for (const record of records) terminal.value(record)
    return
  }
  if (records.length === 0) return terminal.out(`Nothing of ${stream} is ${status}.`)
  const rows = records.map(({ id, key, operation, place, reason }: ParkedSummary) => [id, key ?? '', operation, place, reason])
  const titles = ['id', 'key', 'operation', 'where', 'why']
  for (const line of tableLines(
    terminal,
    titles.map((title) => ({ title })),
    rows,
  ))
    terminal.out(line)
  if (cursor !== null) terminal.out(terminal.paint('dim', `There are more: --limit N, or --export FILE.`))
}

function showRecord(terminal: Terminal, record: ParkedDetail): void {
  if (terminal.json) return terminal.value(record)
  const { id, status, operation, stream, key, place, code, reason, row, before, raw, parkedMs } = record
  terminal.out(`${terminal.paint('bold', id)}  ${status}  ${operation} of ${stream}${key === null ? '' : `, key ${key}`}`)
  terminal.out(`where   ${place}, set aside ${new Date(parkedMs).toISOString()}`)
  terminal.out(`why     ${terminal.paint('red', code)}: ${reason}`)
  terminal.out(`row     ${row === null ? 'could not be told' : JSON.stringify(row)}`)
  if (before !== null) terminal.out(`before  ${JSON.stringify(before)}`)
  terminal.out(`came    ${raw}`)
  if (status === 'parked') terminal.out(terminal.paint('dim', `mend    millrace parked ${id} --fix JSON --replay, or --drop`))
}
