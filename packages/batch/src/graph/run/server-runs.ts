/** The engines on servers that one run needs, each at one moment from its beginning to its end. */
import { assert, MillraceError } from '@millrace/base'
import type { GraphCatalog } from '../catalog/catalog.ts'
import { lockEnvironment } from '../catalog/environment-lock.ts'
import type { Version, VersionDraft } from '../catalog/version.ts'
import type { CheckedGraph } from '../check/checked-graph.ts'
import {
  type ServerEngine,
  serverRelation,
  type ServerRun,
  type ServerTable,
  type ShownTables,
  type StagedTables,
} from '../engine/graph-engine.ts'
import type { Leaf } from './plan-run.ts'

export interface ServerRunsRequest {
  readonly graph: CheckedGraph
  readonly catalog: GraphCatalog
  readonly engines: readonly ServerEngine[]
  readonly environment: string
  readonly selected: ReadonlySet<string>
  readonly workers: number
  readonly writes: boolean
}

export class ServerRuns {
  readonly #runs = new Map<string, ServerRun>()
  readonly #catalog: GraphCatalog

  constructor(catalog: GraphCatalog) {
    this.#catalog = catalog
  }

  async begin(engine: ServerEngine, options: { readonly workers: number; readonly writes: boolean }): Promise<void> {
    this.#runs.set(
      engine.name,
      await engine.begin({ identity: this.#catalog.identity(), memory: this.#catalog.tables(engine.name), ...options }),
    )
  }

  of(engine: string): ServerRun {
    const run = this.#runs.get(engine)
    assert(run !== undefined, 'the engine of every sound model is named by the config')
    return run
  }

  servers(): Map<string, string> {
    return new Map([...this.#runs].map(([name, { server }]) => [name, server]))
  }

  /** The tables of servers that the models read which may be computed. */
  async leaves(graph: CheckedGraph, wanted: (model: string) => boolean): Promise<Leaf[]> {
    const leaves: Leaf[] = []
    for (const [engine, run] of this.#runs) {
      const prefix = serverRelation(engine, '')
      const read = new Set([...graph.models].flatMap(([name, { inputs }]) => (wanted(name) ? inputs : [])))
      const relations = [...read].filter((input) => input.startsWith(prefix)).map((input) => input.slice(prefix.length))
      const tables = await run.tables(relations)
      for (const relation of relations) {
        const { content, rows } = tables.get(relation) as ServerTable
        const name = serverRelation(engine, relation)
        leaves.push({ name, columns: graph.relations.get(name)?.columns ?? [], content, server: { engine, rows } })
      }
    }
    return leaves
  }

  /**
   * Shows versions everywhere at once, as nearly as several databases can: all that can fail on a server
   * happens before `commit`, and what is left after it, a COMMIT, is made up for by the next run.
   */
  async show(shown: { readonly environment: string; readonly versions: Iterable<Version> }, commit: () => number): Promise<number> {
    const versions = [...shown.versions]
    const staged: [string, StagedTables][] = []
    let publication: number
    try {
      for (const [engine, run] of this.#runs)
        staged.push([engine, await run.stage({ environment: shown.environment, ...shownOn(engine, versions) })])
      publication = commit()
    } catch (error) {
      for (const [, each] of staged) await each.abandon()
      throw error
    }
    for (const [engine, each] of staged)
      await each.commit(publication).catch((error: unknown) => {
        throw new MillraceError('ENGINE_NOT_SHOWN', { cause: error, details: { engine, publication, environment: shown.environment } })
      })
    return publication
  }

  /** Brings servers to what the catalogue says, where a process was killed between the two. */
  async settle(environment: string): Promise<void> {
    const publication = this.#catalog.current(environment)
    if (publication === null) return
    const showing = await Promise.all([...this.#runs.values()].map((run) => run.showing(environment)))
    if (showing.every((each) => each === publication)) return
    await this.show({ environment, versions: this.#catalog.shownBy(publication).values() }, () => publication)
  }

  async sweep(): Promise<void> {
    for (const [engine, run] of this.#runs)
      await run.sweep({ named: this.#catalog.tablesOn(engine), isOver: (id) => this.#catalog.isOver(id) })
  }

  interrupt(): void {
    for (const run of this.#runs.values()) run.interrupt()
  }

  async close(): Promise<void> {
    for (const run of this.#runs.values()) await run.close()
  }
}

function shownOn(engine: string, versions: readonly Version[]): Pick<ShownTables, 'tables' | 'views'> {
  const own = versions.flatMap(({ model, content }) => (content.kind === 'server' && content.engine === engine ? [{ model, content }] : []))
  return {
    tables: new Map(own.flatMap(({ model, content }) => (content.table === null ? [] : [[model, content.table] as const]))),
    views: new Map(own.flatMap(({ model, content }) => (content.view === undefined ? [] : [[model, content.view] as const]))),
  }
}

/** Only engines that the graph uses, or that what is published uses, are asked. The caller closes them. */
export async function beginServerRuns(request: ServerRunsRequest): Promise<ServerRuns> {
  const { graph, catalog, engines, environment } = request
  const runs = new ServerRuns(catalog)
  const used = new Set([...graph.models.values()].map(({ model }) => model.settings.engine))
  const shown = catalog.enginesShown(environment)
  try {
    for (const engine of engines) if (used.has(engine.name) || shown.has(engine.name)) await runs.begin(engine, request)
  } catch (error) {
    await runs.close()
    throw error
  }
  return runs
}

/** A version to the server on which it lies, after all that it reads there. */
export async function showOnServer(
  run: ServerRun,
  { model, content, columns }: VersionDraft,
  versionOf: (name: string) => VersionDraft,
): Promise<void> {
  assert(content.kind === 'server', 'a model of a server reads what lies there')
  const behind = content.view?.inputs.filter((input) => !input.startsWith(serverRelation(content.engine, ''))) ?? []
  for (const input of behind) await showOnServer(run, versionOf(input), versionOf)
  await run.show(model, content, columns)
}

export interface ShowPublicationRequest {
  readonly catalog: GraphCatalog
  readonly engines: readonly ServerEngine[]
  readonly environment: string
  readonly publication: number
  readonly isOfAnother: boolean
}

/**
 * Lets an environment show a publication that there was, on servers too, and tells its number there: one of another
 * environment gets a new one. Raises RUN_IN_PROGRESS: a run would publish beside its own models what was shown when it began.
 */
export async function showPublication(request: ShowPublicationRequest): Promise<number> {
  const unlock = lockEnvironment(request.catalog.folder, request.environment)
  try {
    return await showLocked(request)
  } finally {
    unlock()
  }
}

async function showLocked({ catalog, engines, environment, publication, isOfAnother }: ShowPublicationRequest): Promise<number> {
  const current = catalog.current(environment)
  if (isOfAnother && current !== null && catalog.isSame(current, publication)) return current
  const versions = [...catalog.shownBy(publication).values()]
  const used = new Set(
    [...versions, ...catalog.published(environment).values()].map(({ content }) => (content.kind === 'server' ? content.engine : null)),
  )
  const runs = new ServerRuns(catalog)
  try {
    for (const engine of engines) if (used.has(engine.name)) await runs.begin(engine, { workers: 1, writes: true })
    return await runs.show({ environment, versions }, () => {
      if (isOfAnother) return catalog.promote(environment, publication)
      catalog.show(environment, publication)
      return publication
    })
  } finally {
    await runs.close()
  }
}
