import { type KeyUse, openSnapshot, skewOf, type Snapshot, statementsFor, usesOf } from '@millrace/batch'
import type { LogReader, Schema } from '@millrace/core'
import { openReader } from '@millrace/store'
import { type CommandContext, type CommandDefinition, EXIT } from '../cli/command.ts'
import { ENVIRONMENT_OPTION, EXCLUDE_OPTION, SELECTION_DETAILS } from '../cli/graph-options.ts'
import { showSkew } from '../cli/show-skew.ts'
import { loadProject, type Project, readProject } from '../config/project.ts'
import { bindStored } from '../engine/bind-stored.ts'
import { type AskedSkew, askedSkew, checkColumns, KEY_OPTIONS, LIMIT_OPTIONS, skewUsage } from './asked-skew.ts'
import { tellGraphSkew, tellPublishedSkew } from './skew-graph.ts'

export const skew: CommandDefinition = {
  usage: '[STREAM | MODEL …] | --graph [SELECTION …] [options]',
  example:
    'millrace skew\nmillrace skew shop.order_items --shards 32\nmillrace skew shop.orders --key customer_id --engine citus --json\n' +
    'millrace skew revenue --env prod\nmillrace skew --graph revenue+ --engine spark --shards 200',
  positionals: { least: 0, most: 1000 },
  options: {
    ...KEY_OPTIONS,
    statements: { type: 'flag', summary: 'print the statements that lay the rows by the best key' },
    graph: {
      type: 'flag',
      summary: 'every key by which the selected batch models join, group or partition; what makes models latest first',
    },
    env: {
      ...ENVIRONMENT_OPTION,
      summary: 'read what this environment of batch models shows, and not the log; of batch models default: prod',
    },
    exclude: EXCLUDE_OPTION,
    ...LIMIT_OPTIONS,
  },
  details:
    'Counts how many rows each value of a key has and places them as the engine would: what each shard would hold, which values\n' +
    'are to blame, what that does to the joins and groups of the models, which other key or salt is better, and the statements for\n' +
    'it. Without a name: every stream and model that a model joins or groups by a key. Redshift’s hash is not published; there a\n' +
    'good one stands for it. Reads the log at one position, or what an environment shows, and changes nothing.\n' +
    'With --graph: how much later each model ends because of its fullest shard, by the rows and seconds of its last runs.\n' +
    SELECTION_DETAILS,
  async run(context) {
    const asked = askedSkew(context.options)
    if (context.options['graph'] === true) await tellGraphSkew(context, await readProject(context.folder), asked)
    else {
      const project = await loadProject(context.folder)
      const { published, logged } = placesOf(context, project)
      if (logged !== null) await tellLogged(context, project, { ...asked, names: logged })
      if (published.length > 0) await tellPublishedSkew(context, project, { ...asked, names: published })
    }
    return EXIT.OK
  },
}

/** Batch models are read from what is published; all else too where an environment is named. `logged` null: nothing of the log is asked for. */
function placesOf(
  { positionals, options }: CommandContext,
  { batch }: Project,
): { readonly published: readonly string[]; readonly logged: readonly string[] | null } {
  const models = new Set(batch.map(({ name }) => name.toLowerCase()))
  const isPublished = (name: string): boolean => typeof options['env'] === 'string' || models.has(name.toLowerCase())
  if (positionals.length === 0 && typeof options['env'] === 'string') throw skewUsage('--env is for a model, or for --graph.')
  const published = positionals.filter(isPublished)
  return {
    published,
    logged: published.length > 0 && published.length === positionals.length ? null : positionals.filter((name) => !isPublished(name)),
  }
}

interface AskedNames extends AskedSkew {
  readonly names: readonly string[]
}

async function tellLogged(context: CommandContext, project: Project, asked: AskedNames): Promise<void> {
  const reader = openReader(project.storePath)
  try {
    await tellSkew(context, { ...asked, project, reader })
  } finally {
    reader.close()
  }
}

async function tellSkew(context: CommandContext, asked: AskedNames & { project: Project; reader: LogReader }): Promise<void> {
  const { terminal, options, signal } = context
  const { project, reader, names: named, ...how } = asked
  const uses = usesOf(await bindStored(project, reader))
  const names = named.length > 0 ? named : usedRelations(reader, uses)
  const relations = names.map((name) => ({ name, schema: reader.stream(name).schema }))
  for (const { name, schema } of relations) {
    const columns = schema.columns.map((column) => column.name)
    checkColumns({ name, columns }, how.keys ?? [])
  }
  if (names.length === 0) {
    if (!terminal.json)
      terminal.note('No model joins or groups by a key of a stream. Name a stream to see its keys; --graph looks at batch models.')
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
      else showSkew(terminal, report, relation.name)
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
