/**
 * One run in one environment, from its plan to its publication. The environment shows what it showed
 * before, until one commit shows the whole run: a run that fails or is killed anywhere changes nothing
 * that anybody reads, and what it finished is found again by its key.
 */
import { type Clock, MillraceError, reach } from '@millrace/base'
import type { LogReader } from '@millrace/core'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { CheckedGraph } from '../check/checked-graph.ts'
import type { GraphCatalog } from '../catalog/catalog.ts'
import { asGraphFolderError } from '../catalog/graph-folder-error.ts'
import { lockEnvironment } from '../catalog/environment-lock.ts'
import type { RunRecord, Version } from '../catalog/version.ts'
import { statesOrder } from '../../order/obey.ts'
import { foldedName } from '../model/model.ts'
import { readingSeed, type Seed, seedScan } from '../model/seed-relations.ts'
import type { ServerEngine } from '../engine/graph-engine.ts'
import { type Leaf, planRun, type RunPlan, withWhatIsMissing } from './plan-run.ts'
import type { IntervalWindow } from '../model/interval-window.ts'
import { RunForecastTelling } from './tell-forecast.ts'
import { openRunEngine, SPILL_LIMIT_MB } from './run-engine.ts'
import { removeFiles } from './remove-files.ts'
import { removeUnfinished } from './remove-unfinished.ts'
import { runSteps, type StepsOutcome, type StepTold } from './run-steps.ts'
import { type LogPosition, positionOfLog, streamLeaf, writeStream } from './stream-leaves.ts'
import { failureOf } from './run-failure.ts'
import { beginServerRuns, type ServerRuns } from './server-runs.ts'

export interface GraphPlace {
  readonly graph: CheckedGraph
  readonly seeds: readonly Seed[]
  /** The project's folder, from which files of seeds are named. */
  readonly project: string
  /** Where the catalogue and the versions are. */
  readonly folder: string
  readonly catalog: GraphCatalog
  /** Null where there is no log yet. */
  readonly reader: LogReader | null
  readonly environment: string
  readonly selected: ReadonlySet<string>
  /** Of models that are kept by intervals, the only ones to compute. Default: all that changed. */
  readonly window?: IntervalWindow | null
  /** Those on servers. */
  readonly engines?: readonly ServerEngine[]
}

export interface GraphRunRequest extends GraphPlace {
  readonly memoryMb?: number
  readonly spillMb?: number
  readonly workers?: number
  readonly keepPublications?: number
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onPlan?: (plan: RunPlan) => void
  readonly onBegin?: (name: string) => void
  readonly onStep?: (told: StepTold) => void
  /** When the run should have ended. */
  readonly deadlineMs?: number | null
  /** Told when the run begins and once a second. */
  readonly onForecast?: (told: ForecastTold) => void
}

export interface ForecastTold {
  readonly run: number
  readonly expectedMs: number
  readonly deadlineMs: number | null
}

export interface GraphRunOutcome {
  readonly run: number | null
  readonly status: RunRecord['status']
  readonly plan: RunPlan
  readonly computed: number
  readonly publication: number | null
  readonly errors: readonly MillraceError[]
  readonly skipped: readonly string[]
}

export const MEMORY_MB = 512
const PUBLICATIONS_KEPT = 20
/** A version that no publication names yet may be of a run that is still to go on. */
const UNPUBLISHED_KEPT_MS = 7 * 24 * 3_600_000

/** What a run would do now. Changes nothing. */
export async function planGraph(place: GraphPlace & { readonly clock: Clock }): Promise<RunPlan> {
  const servers = await beginServerRuns({ ...place, engines: place.engines ?? [], workers: 1, writes: false })
  try {
    return await planAt(place, { position: positionNow(place), atMs: place.clock.nowMs() }, servers)
  } finally {
    await servers.close()
  }
}

/** The state of everything that a run reads. */
interface Moment {
  readonly position: LogPosition
  readonly atMs: number
}

async function planAt(place: GraphPlace, { position, atMs }: Moment, servers: ServerRuns): Promise<RunPlan> {
  const { graph, catalog, environment, selected } = place
  const published = catalog.published(environment)
  const wanted = withWhatIsMissing({ graph, selected, published })
  const tables = await servers.leaves(graph, (name) => wanted.has(name))
  return planRun({
    graph,
    leaves: new Map([...leavesOf(place, position), ...tables.map((leaf) => [leaf.name, leaf] as const)]),
    selected,
    published,
    window: place.window ?? null,
    history: catalog.history(),
    servers: servers.servers(),
    atMs,
  })
}

/** Raises RUN_IN_PROGRESS, GRAPH_FOLDER_UNUSABLE. What fails within the run is told in the outcome. */
export async function runGraph(request: GraphRunRequest): Promise<GraphRunOutcome> {
  const unlock = lockEnvironment(request.folder, request.environment)
  try {
    const workers = request.workers ?? availableParallelism()
    const servers = await beginServerRuns({ ...request, engines: request.engines ?? [], workers, writes: true })
    try {
      return await runLocked(request, servers)
    } finally {
      await servers.close()
    }
  } catch (error) {
    throw asGraphFolderError(error, request.folder)
  } finally {
    unlock()
  }
}

async function runLocked(request: GraphRunRequest, servers: ServerRuns): Promise<GraphRunOutcome> {
  const { catalog, environment } = request
  const killed = killedRun(request)
  const position = killed === null ? positionNow(request) : { cut: killed.cut, contents: killed.streams }
  // Where it cannot be done, the publication of this run replaces what a server shows; if there is none, it is told below.
  await servers.settle(environment).catch(() => undefined)
  const atMs = killed === null ? request.clock.nowMs() : catalog.beganMs(killed.id)
  const plan = await planAt(request, { position, atMs }, servers)
  request.onPlan?.(plan)
  if (killed !== null) removeUnfinished({ folder: request.folder, run: killed.id, named: catalog.namedFiles() })
  const toMake = [...plan.steps.values()].filter(({ version }) => version === null)
  const isShown = [...plan.steps.values()].every(({ action }) => action === 'same' || action === 'kept')
  if (isShown && plan.gone.length === 0) {
    if (killed !== null) catalog.endRun(killed.id, 'stopped')
    await servers.settle(environment)
    return { run: null, status: 'unchanged', plan, computed: 0, publication: catalog.current(environment), errors: [], skipped: [] }
  }
  const published = catalog.published(environment)
  const run = catalog.beginRun({
    environment,
    cut: position.cut,
    streams: position.contents,
    planned: toMake.length,
    resumes: killed?.id ?? null,
    ...(killed === null ? { startedMs: atMs } : {}),
  })
  if (killed !== null) catalog.endRun(killed.id, 'stopped')
  const steps = toMake.length === 0 ? nothingToMake(plan) : await make(request, { plan, run, position, atMs, published, servers })
  const { failures, skipped, versions } = steps
  const computed = toMake.filter(({ name }) => versions.has(name)).length
  const failed = { run, plan, computed, publication: null, skipped }
  if (failures.size > 0 || skipped.length > 0) {
    const status = failures.size > 0 ? 'failed' : 'stopped'
    catalog.endRun(run, status)
    return {
      ...failed,
      status,
      errors: [...failures].map(([name, error]) => failureOf({ name, file: plan.steps.get(name)?.model?.model.file ?? name, error })),
    }
  }
  reach('graph.before-publish')
  const shown = new Map([...published, ...versions])
  for (const name of plan.gone) shown.delete(name)
  const publication = await servers.show({ environment, versions: shown.values() }, () => {
    const id = catalog.publish(environment, run, shown.values())
    reach('graph.after-publish')
    return id
  })
  forget(request)
  await servers.sweep()
  return { run, status: 'published', plan, computed, publication, errors: [], skipped: [] }
}

function nothingToMake({ steps }: RunPlan): StepsOutcome {
  const versions = [...steps.values()].flatMap(({ name, version }) => (version === null ? [] : [[name, version] as const]))
  return { versions: new Map(versions), failures: new Map(), skipped: [] }
}

interface MakeRequest extends Moment {
  readonly plan: RunPlan
  readonly run: number
  readonly published: ReadonlyMap<string, Version>
  readonly servers: ServerRuns
}

async function make(request: GraphRunRequest, { plan, run, position, atMs, published, servers }: MakeRequest): Promise<StepsOutcome> {
  const { folder, seeds, project, reader, signal, catalog, clock } = request
  const memoryMb = request.memoryMb ?? MEMORY_MB
  const workers = request.workers ?? availableParallelism()
  const seedOf = new Map(seeds.map((seed) => [foldedName(seed.name), { seed, path: join(project, seed.file) }]))
  const spillMb = request.spillMb ?? SPILL_LIMIT_MB
  const room = { folder, threads: availableParallelism(), readable: [...seedOf.values()].map(({ path }) => path), atMs }
  const engine = await openRunEngine({
    ...room,
    workers,
    memoryMb: Math.max(memoryMb / 2, memoryMb - largestBudgetMb(plan)),
    spillMb,
    statesOrder: [...plan.steps.values()].some(({ version, model }) => version === null && model !== null && statesOrder(model.model.sql)),
  })
  const told = new RunForecastTelling({ request, plan, run, workers })
  const streams = new Map(Object.keys(position.contents).map((name) => [foldedName(name), name]))
  try {
    return await runSteps({
      plan,
      run,
      published,
      catalog,
      engine,
      servers,
      folder,
      clock,
      signal,
      atMs,
      window: request.window ?? null,
      onBegin: (name) => {
        told.begun(name)
        request.onBegin?.(name)
      },
      onStep: (step) => {
        told.ended(step)
        request.onStep?.(step)
      },
      ownEngine: ({ memoryMb: own = memoryMb, spillMb: spill = spillMb, statesOrder: orders }) =>
        openRunEngine({ ...room, workers: 1, memoryMb: own, spillMb: spill, statesOrder: orders }),
      bring: async ({ name, columns }, path, connection) => {
        const known = seedOf.get(name)
        if (known !== undefined) {
          const sql = `SELECT * FROM ${seedScan(known.path)}`
          return readingSeed(known.seed, known.path, () => engine.write(connection, { sql, columns, path }))
        }
        const stream = streams.get(name)
        if (stream === undefined || reader === null) throw new MillraceError('STREAM_UNKNOWN', { details: { name } })
        return writeStream({ reader, stream, cut: position.cut, path, memoryMb, signal })
      },
    })
  } finally {
    told.end()
    engine.close()
  }
}

/** What one model may take for itself is not given to the others, up to half of it all. */
function largestBudgetMb({ steps }: RunPlan): number {
  const toMake = [...steps.values()].filter(({ version }) => version === null)
  return Math.max(0, ...toMake.map(({ model }) => model?.model.settings.budget.memoryMb ?? 0))
}

/** The newest run here, if nobody ended it: its lock is free, so its process is gone. */
function killedRun({ catalog, environment, reader, graph }: GraphPlace): RunRecord | null {
  const [last] = catalog.runs(1, environment)
  if (last?.status !== 'running') return null
  const isKnown = streamsRead(graph, reader).every((name) => last.streams[name] !== undefined)
  return isKnown ? last : null
}

function positionNow({ graph, reader }: GraphPlace): LogPosition {
  return reader === null ? { cut: 0, contents: {} } : positionOfLog(reader, streamsRead(graph, reader))
}

/** The streams that exist and that a model reads, by their own names. */
function streamsRead({ models }: CheckedGraph, reader: LogReader | null): string[] {
  const read = new Set([...models.values()].flatMap(({ inputs }) => inputs))
  return (reader?.streams() ?? []).map(({ name }) => name).filter((name) => read.has(foldedName(name)))
}

function leavesOf({ seeds, reader }: GraphPlace, { contents }: LogPosition): Map<string, Leaf> {
  const streams = Object.entries(contents).map(([name, content]) => streamLeaf(reader as LogReader, name, content))
  return new Map([...seeds, ...streams].map((leaf) => [foldedName(leaf.name), leaf]))
}

function forget({ catalog, folder, keepPublications, clock }: GraphRunRequest): void {
  const madeBeforeMs = clock.nowMs() - UNPUBLISHED_KEPT_MS
  const files = catalog.forget({ publications: keepPublications ?? PUBLICATIONS_KEPT, madeBeforeMs })
  removeFiles(folder, files)
}
