/** The servers that the config names as engines, and the models that stay on them. */
import type { GraphModel, GraphRelation, CheckedGraph, ServerCheck, ServerEngine } from '@millrace/batch/graph'
import { MillraceError } from '@millrace/base'
import type { Project } from '../config/project.ts'

/** Their driver is loaded only where there are any. */
export async function graphEngines({ config }: Project): Promise<ServerEngine[]> {
  const named = Object.entries(config.engines ?? {})
  if (named.length === 0) return []
  const { postgresEngine } = await import('@millrace/legacy/engine')
  return named.map(([name, engine]) => postgresEngine(name, engine))
}

export interface CheckedServers {
  readonly checks: readonly ServerCheck[]
  /** Those of no engine: DuckDB's. */
  readonly others: readonly GraphModel[]
  /** Models of servers as those of DuckDB read them. */
  readonly relations: readonly GraphRelation[]
  readonly errors: readonly MillraceError[]
  /** Names whose readers are held back, for what they read is not sound. */
  readonly unsound: ReadonlySet<string>
}

export async function checkServers(engines: readonly ServerEngine[], models: readonly GraphModel[]): Promise<CheckedServers> {
  const known = new Set(engines.map(({ name }) => name))
  const staying = models.filter(({ settings }) => settings.engine !== null)
  const strays = staying.filter(({ settings }) => !known.has(settings.engine as string))
  const checks: ServerCheck[] = []
  const unreachable: MillraceError[] = []
  for (const engine of engines) {
    const own = staying.filter(({ settings }) => settings.engine === engine.name)
    if (own.length === 0) continue
    try {
      checks.push(await engine.check(own))
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      unreachable.push(error)
    }
  }
  const sound = checks.flatMap((check) => [...check.models.values()])
  const names = new Set(sound.map(({ model }) => model.name))
  return {
    checks,
    others: models.filter(({ settings }) => settings.engine === null),
    relations: sound.map(({ model, columns }) => ({
      name: model.name,
      columns: columns.map((column) => readable(column, checks, model.name)),
    })),
    errors: [
      ...unreachable,
      ...strays.map(unknownEngine),
      ...checks.flatMap(({ errors }) => errors.map((error) => readsElsewhere(error, models))),
    ],
    unsound: new Set(staying.map(({ name }) => name).filter((name) => !names.has(name))),
  }
}

/** What DuckDB has no type for only has to bind here; whoever reads it is refused by name. */
function readable(
  column: GraphRelation['columns'][number],
  checks: readonly ServerCheck[],
  model: string,
): GraphRelation['columns'][number] {
  const isUnreadable = checks.some(({ unreadable }) => unreadable.get(model)?.some(({ name }) => name === column.name) === true)
  return isUnreadable ? { name: column.name, type: 'VARCHAR' } : column
}

/** The graph of all engines: models of servers come first, for they read none of DuckDB's. */
export function joinGraphs(graph: CheckedGraph, { checks, errors, relations }: CheckedServers): CheckedGraph {
  const models = new Map([...checks.flatMap((check) => [...check.models]), ...graph.models])
  const ofServers = new Set(relations.map(({ name }) => name))
  const known = [...graph.relations].filter(([name]) => !ofServers.has(name))
  const tables = checks.flatMap((check) => check.relations.map((relation) => [relation.name, relation] as const))
  return {
    models,
    relations: new Map([...known, ...tables]),
    held: new Map([...checks.flatMap((check) => [...check.held]), ...graph.held]),
    errors: [...errors, ...graph.errors, ...unreadableInputs(graph, checks)],
    bound: graph.bound + checks.reduce((sum, check) => sum + check.models.size, 0),
  }
}

function unreadableInputs({ models }: CheckedGraph, checks: readonly ServerCheck[]): MillraceError[] {
  return [...models.values()].flatMap(({ model, inputs }) =>
    inputs.flatMap((input) =>
      checks.flatMap(({ unreadable, models: ofServer }) => {
        const [column] = unreadable.get(input) ?? []
        if (column === undefined) return []
        const engine = ofServer.get(input)?.model.settings.engine
        const details = { file: model.file, model: model.name, input, column: column.name, type: column.type, engine: engine ?? '' }
        return [new MillraceError('ENGINE_TYPE_UNREADABLE', { details })]
      }),
    ),
  )
}

function unknownEngine({ file, settings }: GraphModel): MillraceError {
  const problem = `millrace.config.ts names no engine '${settings.engine}' under \`engines\``
  return new MillraceError('MODEL_SETTING_INVALID', { details: { file, line: 1, name: 'engine', problem } })
}

/** A server only says that it does not know the name; the project knows it, of another engine. */
function readsElsewhere(error: MillraceError, models: readonly GraphModel[]): MillraceError {
  const missing = /^relation "([\w.]+)" does not exist/.exec(String(error.details['problem']))?.[1]
  const read = models.find(({ name }) => name === missing)
  if (error.code !== 'SQL_BIND' || read === undefined) return error
  const engine = read.settings.engine ?? 'DuckDB'
  return new MillraceError('ENGINE_READS_OTHER', {
    details: { model: error.details['model'], file: error.details['file'], input: read.name, engine },
    ...(error.frame === undefined ? {} : { frame: error.frame }),
  })
}
