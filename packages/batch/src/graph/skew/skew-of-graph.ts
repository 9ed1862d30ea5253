/**
 * Which keys of a graph overload a shard, and which models that makes late. Keys are read from DuckDB's bound plans;
 * each is counted once, exactly, in what an environment shows, those of the models that took longest first.
 */
import type { Clock } from '@millrace/base'
import { CountTables } from '../../skew/count-tables.ts'
import type { ShardEngine } from '../../skew/placement.ts'
import { type KeyReport, rankKeys, type RelationShape } from '../../skew/report.ts'
import type { KeyUse } from '../../skew/uses.ts'
import { problemOfRun } from '../../query-error.ts'
import type { GraphCatalog } from '../catalog/catalog.ts'
import type { Version } from '../catalog/version.ts'
import type { CheckedGraph } from '../check/checked-graph.ts'
import { foldedName } from '../model/model.ts'
import { type OpenEnvironment, openEnvironment } from '../run/open-environment.ts'
import { graphUses } from './graph-uses.ts'
import type { GraphKey, GraphSkew, LeftOut, LeftOutWhy, SlowedModel } from './graph-skew.ts'
import { type AskedKey, latestFirst, type MeasuredKey, measureKey, type MeasurePlace, sum } from './measure-key.ts'
import { ModelCosts, operatorOf } from './model-costs.ts'
import { PublishedRelations } from './published-relations.ts'

export interface GraphSkewRequest {
  readonly graph: CheckedGraph
  readonly catalog: GraphCatalog
  /** The graph's. */
  readonly folder: string
  readonly environment: string
  /** Folded names of the models whose joins and groups are looked at. */
  readonly selected: ReadonlySet<string>
  readonly engine: ShardEngine
  readonly shards: number
  /** So many of the most frequent values of a key are told. */
  readonly top: number
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Relations of fewer rows are left out. Default: 10,000. */
  readonly rowsLeast?: number
  /** After so many nothing more is counted. */
  readonly secondsLimit?: number
  readonly memoryMb?: number
  readonly identityOf?: (relation: string) => readonly string[]
  readonly onProgress?: (progress: SkewProgress) => void
}

export interface SkewProgress {
  readonly done: number
  readonly total: number
  readonly relation: string
}

/** Of fewer rows no shard is worth having. */
const ROWS_LEAST = 10_000
const SECONDS_LIMIT = 300
export const MEMORY_MB = 512
/** Of these, the latest first, other keys are looked for; each costs up to a dozen readings. */
const RELATIONS_RANKED = 10
/** Enough for each shard that what is beyond them lies evenly, within a twentieth. */
const KEYS_A_SHARD = 1000
const KEYS_PLACED_MAX = 1_000_000

/** Raises ENVIRONMENT_UNKNOWN. */
export async function skewOfGraph(request: GraphSkewRequest): Promise<GraphSkew> {
  const { graph, catalog, environment, selected, engine, shards } = request
  const published = catalog.published(environment)
  const uses = (await graphUses(graph, (name) => selected.has(name))).filter(({ model }) => published.has(model))
  const costs = new ModelCosts(catalog, published, uses)
  const { asked, leftOut } = askedKeys(request, { uses, published, costs })
  const relations = new Set(asked.flatMap((key) => [key.relation, ...key.uses.flatMap(({ with: other }) => other?.relation ?? [])]))
  const readable = new Set([...relations].filter((name) => isReadable(catalog, published.get(name))))
  const opened = await openEnvironment({ ...request, memoryMb: request.memoryMb ?? MEMORY_MB, sql: [...readable].join(', ') })
  const interrupt = (): void => opened.engine.interrupt()
  request.signal.addEventListener('abort', interrupt)
  try {
    const search = new KeySearch(request, { opened, costs, readable })
    await search.measure(asked)
    await search.rank(uses)
    const keys = search.found().map((key) => ({ ...key, madeOf: madeOf(graph, key) }))
    const all = [...leftOut, ...search.leftOut]
    const models = new Set([...published.keys()].filter((name) => selected.has(name) && graph.models.has(name))).size
    const { measured, even } = search
    const operators = new Set(uses.map((use) => `${use.model} ${operatorOf(use)}`)).size
    return { environment, engine, shards, models, uses: operators, measured, even, keys, slowed: slowedBy(keys, costs), leftOut: all }
  } finally {
    request.signal.removeEventListener('abort', interrupt)
    opened.close()
  }
}

export function isReadable(catalog: GraphCatalog, version: Version | undefined): boolean {
  return version !== undefined && (version.content.kind !== 'server' || catalog.carried(version.model, version.key) !== null)
}

interface Known {
  readonly uses: readonly KeyUse[]
  readonly published: ReadonlyMap<string, Version>
  readonly costs: ModelCosts
}

/** Each key once, those of the models that took longest first. */
function askedKeys(
  { catalog, rowsLeast = ROWS_LEAST }: GraphSkewRequest,
  { uses, published, costs }: Known,
): { asked: readonly AskedKey[]; leftOut: readonly LeftOut[] } {
  const leftOut: LeftOut[] = []
  const asked: (AskedKey & { readonly seconds: number; readonly rows: number })[] = []
  const byKey = Map.groupBy(uses, ({ relation, columns }) => JSON.stringify([relation, columns]))
  for (const own of byKey.values()) {
    const { relation, columns } = own[0] as KeyUse
    const version = published.get(relation)
    const rows = version?.rows ?? 0
    const missing = version === undefined ? 'not published' : isReadable(catalog, version) ? null : 'elsewhere'
    const why: LeftOutWhy | null = missing ?? (rows < rowsLeast ? 'small' : null)
    const seconds = [...new Set(own.map(({ model }) => model))].reduce((total, model) => total + costs.secondsOf(model), 0)
    if (why === null) asked.push({ relation, columns, uses: own, seconds, rows })
    else leftOut.push({ relation, columns, rows, why, problem: null })
  }
  asked.sort((one, other) => other.seconds - one.seconds || other.rows - one.rows)
  return { asked, leftOut }
}

interface SearchParts {
  readonly opened: OpenEnvironment
  readonly costs: ModelCosts
  readonly readable: ReadonlySet<string>
}

class KeySearch {
  readonly leftOut: LeftOut[] = []
  measured = 0
  even = 0
  readonly #request: GraphSkewRequest
  readonly #parts: SearchParts
  readonly #place: MeasurePlace
  readonly #uneven: MeasuredKey[] = []
  readonly #best = new Map<string, KeyReport>()
  readonly #begunMs: number

  constructor(request: GraphSkewRequest, parts: SearchParts) {
    const { engine, shards, top, graph, identityOf, clock } = request
    const { connection } = parts.opened
    this.#request = request
    this.#parts = parts
    this.#begunMs = clock.monotonicMs()
    this.#place = {
      connection,
      relations: new PublishedRelations({ connection, graph, identityOf }),
      tables: new CountTables(connection, { keysMax: Math.min(KEYS_PLACED_MAX, shards * KEYS_A_SHARD) }),
      costs: parts.costs,
      engine,
      shards,
      top,
      isReadable: (relation) => parts.readable.has(relation),
    }
  }

  async measure(asked: readonly AskedKey[]): Promise<void> {
    const { signal, onProgress } = this.#request
    for (const [done, key] of asked.entries()) {
      signal.throwIfAborted()
      onProgress?.({ done, total: asked.length, relation: key.relation })
      if (this.#isLate()) this.#leave(key, 'no time')
      else await this.#measureOne(key)
    }
  }

  /** Other keys of the relations that make models latest. */
  async rank(uses: readonly KeyUse[]): Promise<void> {
    const { signal, onProgress } = this.#request
    const latest = this.#uneven.toSorted((one, other) => latestFirst(one.key, other.key))
    const shapes = new Map<string, RelationShape>()
    for (const {
      key: { shape },
    } of latest)
      if (!shapes.has(shape.name) && shapes.size < RELATIONS_RANKED) shapes.set(shape.name, shape)
    for (const [relation, shape] of shapes) {
      signal.throwIfAborted()
      if (this.#isLate()) return
      onProgress?.({ done: this.measured, total: this.measured, relation })
      const own = uses.filter((use) => use.relation === relation)
      const best = await this.#bestOf(shape, own)
      if (best !== undefined) this.#best.set(relation, best)
    }
  }

  /** The key that makes models latest first. */
  found(): readonly Omit<GraphKey, 'madeOf'>[] {
    return this.#uneven.map(({ key }) => ({ ...key, best: this.#best.get(key.relation) ?? null })).toSorted(latestFirst)
  }

  async #bestOf(relation: RelationShape, uses: readonly KeyUse[]): Promise<KeyReport | undefined> {
    try {
      return (await rankKeys({ ...this.#place, relation, uses })).keys[0]
    } catch {
      // What was measured is told all the same.
      this.#request.signal.throwIfAborted()
      return undefined
    }
  }

  async #measureOne(key: AskedKey): Promise<void> {
    try {
      const found = await measureKey(this.#place, key)
      if (found.kind === 'uneven') this.#uneven.push(found)
      if (found.kind === 'not published' || found.kind === 'not placed') return this.#leave(key, found.kind)
      this.measured += 1
      if (found.kind === 'even') this.even += 1
    } catch (error) {
      this.#request.signal.throwIfAborted()
      // There may be more values than there is room for; other keys are counted all the same.
      this.#leave(key, 'failed', problemOfRun(error))
    }
  }

  #isLate(): boolean {
    const { clock, secondsLimit = SECONDS_LIMIT } = this.#request
    return (clock.monotonicMs() - this.#begunMs) / 1000 >= secondsLimit
  }

  #leave({ relation, columns }: AskedKey, why: LeftOutWhy, problem: string | null = null): void {
    this.leftOut.push({ relation, columns, rows: this.#parts.costs.rowsOf(relation), why, problem })
  }
}

/** A join whose two sides are both uneven is told of both; it makes its model late once. */
function slowedBy(keys: readonly GraphKey[], costs: ModelCosts): readonly SlowedModel[] {
  const byModel = Map.groupBy(
    keys.flatMap(({ uses }) => uses),
    ({ model }) => model,
  )
  const slowed = [...byModel].map(([model, uses]): SlowedModel => {
    const operators = new Map<string, (typeof uses)[number]>()
    for (const use of uses.toSorted(latestFirst)) {
      const operator = operatorOf(use)
      if (!operators.has(operator)) operators.set(operator, use)
    }
    const each = [...operators.values()]
    const late = { before: sum(each.map((use) => use.late.before)), after: sum(each.map((use) => use.late.after)) }
    return { model, seconds: costs.secondsOf(model), late, worst: each[0] as (typeof uses)[number] }
  })
  return slowed.toSorted(latestFirst)
}

/** Goes from model to model while a column is made of one other. */
function madeOf({ models }: CheckedGraph, { relation, columns }: Pick<GraphKey, 'relation' | 'columns'>): GraphKey['madeOf'] {
  let at = { relation, column: columns[0] as string }
  if (columns.length > 1) return null
  for (const seen = new Set<string>(); !seen.has(at.relation);) {
    seen.add(at.relation)
    const model = models.get(at.relation)
    if (model === undefined) break
    const place = model.columns.findIndex(({ name }) => name === at.column)
    const [origin, second] = model.lineage[place] ?? []
    if (origin === undefined || second !== undefined) break
    at = { relation: foldedName(origin[0]), column: origin[1] }
  }
  return at.relation === relation ? null : at
}
