import { type CopyProof, type Proof, proveInThread } from '@millrace/prove'
import { MillraceError } from '@millrace/base'
import type { LogReader } from '@millrace/core'
import { openReader } from '@millrace/store'
import { type CommandContext, type CommandDefinition, EXIT } from '../cli/command.ts'
import { tableLines } from '../cli/table.ts'
import type { Terminal } from '../cli/terminal.ts'
import { loadProject, type Project } from '../config/project.ts'
import { bindStored } from '../engine/bind-stored.ts'
import { proveStream } from '../engine/prove-stream.ts'

export const prove: CommandDefinition = {
  usage: '[MODEL | STREAM …] [options]',
  example: 'millrace prove order_totals\nmillrace prove shop.orders\nmillrace prove --streams',
  positionals: { least: 0, most: 1000 },
  options: {
    at: {
      type: 'number',
      value: 'CUT',
      summary: 'of models: the cut of the log to compare at; default: the newest that the model reflects',
    },
    streams: { type: 'flag', summary: 'also every stream that its source can be asked for' },
    wait: {
      type: 'number',
      value: 'SECONDS',
      summary: 'of streams: how long the log may take to get where the source was read; default 60',
    },
  },
  details:
    'A model is compared with the same SQL in batch. A stream is compared with what its source holds, at one position of the\n' +
    'source: the table is read once, beside the running capture. Rows are compared as multisets, with their types.\n' +
    'Without a name every model is proven. Exit code 0 if all are equal, 3 if one differs.',
  async run(context) {
    const project = await loadProject(context.folder)
    const reader = openReader(project.storePath)
    try {
      return await proveAll(context, project, reader)
    } finally {
      reader.close()
    }
  },
}

async function proveAll(context: CommandContext, project: Project, reader: LogReader): Promise<number> {
  const { positionals, terminal, options } = context
  const models = await bindStored(project, reader)
  const streams = reader.streams().filter(({ kind }) => kind === 'table')
  const everyStream = options['streams'] === true ? streams.map(({ name }) => name) : []
  const names = positionals.length > 0 ? positionals : [...everyStream, ...project.models.map((model) => model.name)]
  let equal = true
  for (const name of names) {
    const isStream = streams.some((stream) => stream.name === name)
    if (!isStream && !models.some((model) => model.name === name)) throw new MillraceError('STREAM_UNKNOWN', { details: { name } })
    if (terminal.live) terminal.panel([`Proving ${name}…`])
    const shown = isStream ? await streamShown(context, { project, reader, name }) : await modelShown(context, { project, models, name })
    if (shown === null) continue
    equal &&= shown.verdict === 'equal'
    if (terminal.json) terminal.value(shown.proof)
    else show(terminal, shown)
  }
  return equal ? EXIT.OK : EXIT.MISMATCH
}

/** A proof of either kind as it is told. */
interface Shown {
  readonly verdict: 'equal' | 'different'
  readonly name: string
  readonly proof: Proof | CopyProof
  /** What the two sides are called, and how many rows each has. */
  readonly sides: readonly [string, string]
  readonly rows: readonly [number, number]
  readonly where: string
  readonly differences: readonly {
    readonly key: Row
    readonly left: Row | null
    readonly right: Row | null
    readonly columns: readonly string[]
  }[]
  readonly ties: readonly string[]
}

type Row = Readonly<Record<string, unknown>>

async function streamShown(
  { terminal, signal, positionals, options }: CommandContext,
  { project, reader, name }: { project: Project; reader: LogReader; name: string },
): Promise<Shown | null> {
  try {
    const onRows = (changes: number): void => terminal.panel([`Proving ${name}… ${changes.toLocaleString('en-US')} rows and changes read`])
    const wait = typeof options['wait'] === 'number' ? { waitMsMax: options['wait'] * 1000 } : {}
    const proof = await proveStream({ project, reader, stream: name, signal, onRows, ...wait })
    const differences = proof.differences.map(({ key, log, source, columns }) => ({ key, left: log, right: source, columns }))
    const rows = [proof.rows.log, proof.rows.source] as const
    return { verdict: proof.verdict, name, proof, sides: ['log', 'source'], rows, where: `at ${proof.place}`, differences, ties: [] }
  } catch (error) {
    // Of all streams, those of a source that cannot be asked are passed over; one that was named is not.
    const isPassed = positionals.length === 0 && error instanceof MillraceError && error.code === 'PROOF_COPY_UNSUPPORTED'
    if (!isPassed) throw error
    terminal.note(error.message)
    return null
  }
}

async function modelShown(
  { options, signal }: CommandContext,
  { project, models, name }: { project: Project; models: Awaited<ReturnType<typeof bindStored>>; name: string },
): Promise<Shown> {
  const cut = typeof options['at'] === 'number' ? { cut: options['at'] } : {}
  const proof = await proveInThread({ storePath: project.storePath, models, model: name, signal, ...cut })
  const differences = proof.differences.map(({ key, live, batch, columns }) => ({ key, left: live, right: batch, columns }))
  const rows = [proof.rows.live, proof.rows.batch] as const
  return {
    verdict: proof.verdict,
    name,
    proof,
    sides: ['live', 'batch'],
    rows,
    where: `at cut ${proof.cut}`,
    differences,
    ties: proof.ties,
  }
}

function show(terminal: Terminal, { verdict, name, proof, sides, rows, where, differences, ties }: Shown): void {
  const at = `${where}, ${Math.round(proof.ms)} ms`
  const bold = terminal.paint('bold', name)
  if (verdict === 'equal') {
    terminal.out(`${terminal.paint('green', 'equal')}  ${bold}  ${rows[0]} rows, ${at}`)
    return
  }
  terminal.out(`${terminal.paint('red', 'different')}  ${bold}  ${sides[0]} ${rows[0]} rows, ${sides[1]} ${rows[1]} rows, ${at}`)
  const lines = differences.map(({ key, left, right, columns }) => [text(key), columns.join(', '), text(left), text(right)])
  const titles = ['key', 'columns', ...sides].map((title) => ({ title }))
  for (const line of tableLines(terminal, titles, lines)) terminal.out(`  ${line}`)
  if (proof.differentRows > lines.length) terminal.out(`  … and ${proof.differentRows - lines.length} more`)
  if (ties.length > 0) terminal.note(`${TIES} ${ties.join(', ')}.`)
}

const TIES = 'Rows may tie here, and each side may be right: order by a column more, which tells all rows apart, in'

function text(row: Row | null): string {
  if (row === null) return '(none)'
  return Object.entries(row)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ')
}
