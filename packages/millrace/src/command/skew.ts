import {
  ENGINES,
  type KeyReport,
  type KeyUse,
  openSnapshot,
  type ShardEngine,
  skewOf,
  type SkewReport,
  type Snapshot,
  statementsFor,
  type UseReport,
  usesOf,
} from '@millrace/batch'
import { MillraceError } from '@millrace/base'
import type { LogReader, Schema } from '@millrace/core'
import { openReader } from '@millrace/store'
import { type CommandContext, type CommandDefinition, EXIT } from '../cli/command.ts'
import { tableLines } from '../cli/table.ts'
import type { Terminal } from '../cli/terminal.ts'
import { loadProject, type Project } from '../config/project.ts'
import { bindStored } from '../engine/bind-stored.ts'

const SHARDS_DEFAULT = 16
const SHARDS_MAX = 4096
const TOP_DEFAULT = 5
const KEYS_SHOWN = 8
const BAR_WIDTH = 24

export const skew: CommandDefinition = {
  usage: '[STREAM | MODEL …] [options]',
  example: 'millrace skew\nmillrace skew shop.order_items --shards 32\nmillrace skew shop.orders --key customer_id --engine citus --json',
  positionals: { least: 0, most: 1000 },
  options: {
    shards: { type: 'number', value: 'N', summary: `over how many shards to spread; default ${SHARDS_DEFAULT}` },
    engine: { type: 'text', value: 'NAME', summary: `whose hash places the rows: ${ENGINES.join(', ')}; default postgres` },
    key: { type: 'text', value: 'A,B', summary: 'only this key, of one or more columns; default: each that may serve' },
    top: { type: 'number', value: 'N', summary: `tell the N most frequent values; default ${TOP_DEFAULT}` },
    statements: { type: 'flag', summary: 'print the statements that lay the rows by the best key' },
  },
  details:
    'Counts how many rows each value of a key has and places them as the engine would: what each shard would hold, which values\n' +
    'are to blame, what that does to the joins and groups of the models, which other key or salt is better, and the statements for\n' +
    'it. Without a name: every stream and model that a model joins or groups by a key. Redshift’s hash is not published; there a\n' +
    'good one stands for it. Reads the log at one position and changes nothing.',
  async run(context) {
    const asked = askedFor(context)
    const project = await loadProject(context.folder)
    const reader = openReader(project.storePath)
    try {
      await tellSkew(context, { ...asked, project, reader })
    } finally {
      reader.close()
    }
    return EXIT.OK
  },
}

interface Asked {
  readonly engine: ShardEngine
  readonly shards: number
  readonly top: number
  readonly keys: readonly (readonly string[])[] | undefined
}

function askedFor({ options }: CommandContext): Asked {
  const engine = ENGINES.find((name) => name === (options['engine'] ?? 'postgres'))
  if (engine === undefined) throw usage(`There is no engine '${String(options['engine'])}'; known are ${ENGINES.join(', ')}.`)
  const shards = Number(options['shards'] ?? SHARDS_DEFAULT)
  if (!Number.isInteger(shards) || shards < 2 || shards > SHARDS_MAX) throw usage(`--shards takes a whole number from 2 to ${SHARDS_MAX}.`)
  const top = Number(options['top'] ?? TOP_DEFAULT)
  if (!Number.isInteger(top) || top < 0) throw usage('--top takes a whole number from 0.')
  const key = options['key']
  return { engine, shards, top, keys: typeof key === 'string' ? [key.split(',').map((name) => name.trim())] : undefined }
}

function usage(problem: string): MillraceError {
  return new MillraceError('USAGE', { details: { problem, command: 'skew' } })
}

async function tellSkew(context: CommandContext, asked: Asked & { project: Project; reader: LogReader }): Promise<void> {
  const { terminal, positionals, options, signal } = context
  const { project, reader, ...how } = asked
  const uses = usesOf(await bindStored(project, reader))
  const names = positionals.length > 0 ? positionals : usedRelations(reader, uses)
  const relations = names.map((name) => ({ name, schema: reader.stream(name).schema }))
  if (how.keys !== undefined) for (const relation of relations) checkColumns(relation, how.keys)
  if (names.length === 0) {
    if (!terminal.json) terminal.note('No model joins or groups by a key of a stream. Name a stream to see its keys.')
    return
  }
  const snapshot = await open(context, { reader, names, uses, signal })
  try {
    for (const relation of relations) {
      const schemaOf = (other: string): Schema | undefined => snapshot.schemaOf(other)
      const report = await skewOf({ ...how, connection: snapshot.connection, relation, uses, schemaOf })
      const keys = report.keys.map((key) => ({ ...key, statements: statementsFor({ relation, report, key }) }))
      if (terminal.json) terminal.value({ ...report, keys })
      else if (options['statements'] === true) for (const line of keys[0]?.statements ?? []) terminal.out(line)
      else showReport(terminal, report)
    }
  } finally {
    await snapshot.close()
  }
}

/** The relations and those that they are joined with, each read once, all at one cut. */
async function open(
  { terminal }: CommandContext,
  { reader, names, uses, signal }: { reader: LogReader; names: readonly string[]; uses: readonly KeyUse[]; signal: AbortSignal },
): Promise<Snapshot> {
  const others = uses.flatMap((use) => (names.includes(use.relation) && use.with !== null ? [use.with.relation] : []))
  const known = new Set(reader.streams().map(({ name }) => name))
  return openSnapshot({
    reader,
    streams: [...new Set([...names, ...others])].filter((name) => known.has(name)),
    cut: reader.cut(),
    signal,
    onProgress: ({ stream, changes }) => {
      if (terminal.live) terminal.panel([`Reading ${stream}… ${changes.toLocaleString('en-US')} changes`])
    },
  })
}

function usedRelations(reader: LogReader, uses: readonly KeyUse[]): readonly string[] {
  const used = new Set(uses.map(({ relation }) => relation))
  return reader
    .streams()
    .map(({ name }) => name)
    .filter((name) => used.has(name))
}

function checkColumns(
  { name, schema }: { name: string; schema: { columns: readonly { name: string }[] } },
  keys: readonly (readonly string[])[],
): void {
  const known = schema.columns.map((column) => column.name)
  for (const column of keys.flat()) {
    if (!known.some((each) => each.toLowerCase() === column.toLowerCase()))
      throw usage(`${name} has no column '${column}'; it has ${known.join(', ')}.`)
  }
}

function showReport(terminal: Terminal, report: SkewReport): void {
  const { relation, rows, engine, shards, keys, uses } = report
  terminal.out(`${terminal.paint('bold', relation)}  ${rows.toLocaleString('en-US')} rows over ${shards} shards of ${engine}`)
  const [best] = keys
  if (best === undefined) {
    terminal.out(`  ${engine} cannot spread it by any of the keys that were tried.`)
    return
  }
  const titles = ['key', 'values', 'fullest shard', 'most frequent', 'serves'].map((title) => ({ title }))
  const lines = keys.slice(0, KEYS_SHOWN).map((key) => [
    keyName(key),
    key.distinct.toLocaleString('en-US'),
    painted(terminal, key.slowest),
    key.hottest
      .slice(0, 2)
      .map(({ key: values, share }) => `${values.map((value) => (value === '' ? "''" : (value ?? 'NULL'))).join(', ')} ${percent(share)}`)
      .join('  '),
    key.serves.join(', '),
  ])
  for (const line of tableLines(terminal, titles, lines)) terminal.out(`  ${line}`)
  for (const use of uses.filter(({ slowest }) => slowest > UNEVEN)) terminal.out(`  ${useLine(terminal, use)}`)
  const worst = keys.findLast((key) => key.salt === null)
  if (worst !== undefined && worst !== best && worst.slowest > UNEVEN) {
    terminal.out(`  before  by ${keyName(worst)}`)
    for (const line of bars(worst.loads)) terminal.out(`    ${line}`)
    terminal.out(`  after   by ${keyName(best)}`)
    for (const line of bars(best.loads)) terminal.out(`    ${line}`)
  }
  terminal.note(
    terminal.paint(
      'dim',
      `  millrace skew ${relation} --engine ${engine} --shards ${shards} --statements  tells how to lay it by ${keyName(best)}`,
    ),
  )
  terminal.out('')
}

/** Above this a shard is so much fuller than the others that it holds them up. */
const UNEVEN = 1.25
const BARS_SHOWN = 8

function painted(terminal: Terminal, slowest: number): string {
  return terminal.paint(slowest > 2 ? 'red' : slowest > UNEVEN ? 'yellow' : 'green', `${slowest.toFixed(2)} × an even share`)
}

function keyName({ columns, salt }: KeyReport): string {
  return `${columns.join(', ')}${salt === null ? '' : ` + salt ${salt.parts} for ${salt.hot}`}`
}

function useLine(terminal: Terminal, { model, does, columns, with: other, slowest, rowsOut, hottestShare }: UseReport): string {
  const what = other === null ? `${does}s by` : `joins ${other.relation} by`
  const out = rowsOut === null ? '' : `, ${rowsOut.toLocaleString('en-US')} rows out, ${percent(hottestShare ?? 0)} of them of one value`
  return `${terminal.paint('yellow', model)} ${what} ${columns.join(', ')}: its slowest shard does ${slowest.toFixed(1)} × an even share${out}`
}

/** The fullest shards, as bars of one scale. */
function bars(loads: readonly number[]): readonly string[] {
  const sorted = [...loads].sort((one, other) => other - one)
  const most = sorted[0] ?? 0
  return sorted
    .slice(0, BARS_SHOWN)
    .map(
      (load) =>
        `${'█'.repeat(most === 0 ? 0 : Math.max(1, Math.round((load / most) * BAR_WIDTH))).padEnd(BAR_WIDTH)} ${Math.round(load).toLocaleString('en-US')}`,
    )
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
}
