/**
 * The work on one step: what it reads is made readable, its SQL is computed within its budget, and what came
 * out is a version on disk and in the catalogue.
 */
import { assert, type Clock, MillraceError, reach } from '@millrace/base'
import type { DuckDBConnection } from '@duckdb/node-api'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { statesOrder } from '../../order/obey.ts'
import type { GraphCatalog } from '../catalog/catalog.ts'
import type { ServerContent, Version, VersionDraft } from '../catalog/version.ts'
import { type CheckedModel, type GraphColumn, hashOf } from '../check/checked-graph.ts'
import type { Budget } from '../model/budget.ts'
import type { IntervalWindow } from '../model/interval-window.ts'
import { layoutOf, rowsKeyOf } from '../model/layout.ts'
import { HISTORY_COLUMNS } from '../model/model.ts'
import { carriedContent } from './carry-rows.ts'
import { BudgetWatch, type StepFigures } from './budget-watch.ts'
import { type MadeContent, makeIntervals } from './make-intervals.ts'
import { mergeRows } from './merge-rows.ts'
import type { RunPlan, Step } from './plan-run.ts'
import type { Held } from '../engine/graph-engine.ts'
import type { RowsLimit, RunEngine } from './run-engine.ts'
import { type ServerRuns, showOnServer } from './server-runs.ts'
import type { SpareConnections } from './spread-work.ts'
import { FileSyncs } from './sync-file.ts'
import { writeRows, type WrittenRows } from './write-rows.ts'

export interface MakingRequest {
  readonly plan: RunPlan
  /** What the environment shows now: views that are not made anew read it. */
  readonly published: ReadonlyMap<string, Version>
  readonly run: number
  readonly catalog: GraphCatalog
  readonly engine: RunEngine
  readonly servers: ServerRuns
  readonly folder: string
  readonly clock: Clock
  readonly signal: AbortSignal
  /** When the run began, or the killed one that it goes on with: from then on a snapshot's new rows are so. */
  readonly atMs: number
  readonly window: IntervalWindow | null
  /** Writes the rows of a seed or a stream to a file, and tells how many there are. */
  readonly bring: (step: Step, path: string, connection: DuckDBConnection) => Promise<number>
  /** For models with a budget of memory or disk: another engine with these limits, that one model has for itself. */
  readonly ownEngine: (limits: OwnEngineLimits) => Promise<RunEngine>
}

export interface OwnEngineLimits extends Pick<Budget, 'memoryMb' | 'spillMb'> {
  readonly statesOrder: boolean
}

export interface MadeStep {
  /** It can be read, and nothing names it yet. */
  readonly draft: VersionDraft
  readonly made: MadeContent
  /** The version, once its files are synced and the catalogue names it. */
  readonly named: Promise<Version>
}

type MadeColumns = MadeContent & { readonly columns: readonly GraphColumn[] }

/** A step at work, with what it holds. */
interface Work {
  readonly step: Step
  readonly engine: RunEngine
  readonly connection: DuckDBConnection
  readonly watch: BudgetWatch | null
  readonly figures: StepFigures
  /** That work on it now: pieces of a model by interval may be spread. */
  readonly connections: Set<DuckDBConnection>
  readonly syncs: FileSyncs
}

const SAMPLE_MS = 100

export class StepMaker {
  readonly #request: MakingRequest
  readonly #versions: ReadonlyMap<string, VersionDraft>
  readonly #spare: SpareConnections
  readonly #keepsSome: boolean
  readonly #shown = new Map<string, Promise<void>>()
  readonly #carried = new Map<string, Promise<Version['content']>>()
  readonly #ownEngines = new Set<RunEngine>()
  /** One at a time, so that their memory does not add up. */
  #lastOwn: Promise<unknown> = Promise.resolve()

  /** `versions` are those that the run has by now. */
  constructor(request: MakingRequest, versions: ReadonlyMap<string, VersionDraft>, spare: SpareConnections) {
    this.#request = request
    this.#versions = versions
    this.#spare = spare
    this.#keepsSome = [...request.plan.steps.values()].some(({ action }) => action === 'kept')
  }

  interrupt(): void {
    this.#request.engine.interrupt()
    this.#request.servers.interrupt()
    for (const engine of this.#ownEngines) engine.interrupt()
  }

  /** Most steps share one engine; one with a budget of memory or disk has its own. */
  async make(step: Step, { connection, figures }: Pick<Work, 'connection' | 'figures'>): Promise<MadeStep> {
    if (!needsOwnEngine(step)) return this.#watched({ step, engine: this.#request.engine, connection, figures })
    const begun = this.#lastOwn.then(async () => {
      const { sql = '', settings } = step.model?.model ?? {}
      const engine = await this.#request.ownEngine({ ...settings?.budget, statesOrder: statesOrder(sql) })
      this.#ownEngines.add(engine)
      const sampling = setInterval(() => void hold(figures, engine), SAMPLE_MS)
      try {
        return await this.#watched({ step, engine, connection: engine.connections[0] as DuckDBConnection, figures })
      } finally {
        clearInterval(sampling)
        // The last sample is asked for before this one and answered before it.
        await hold({ memory: 0, spilled: 0 }, engine)
        this.#ownEngines.delete(engine)
        engine.close()
      }
    })
    this.#lastOwn = begun.catch(() => undefined)
    return begun
  }

  async #watched(own: Pick<Work, 'step' | 'engine' | 'connection' | 'figures'>): Promise<MadeStep> {
    const { model } = own.step
    const connections = new Set([own.connection])
    const isShared = own.engine === this.#request.engine
    // A server keeps to the seconds of a budget itself.
    const end = (): void => (isShared ? connections.forEach((each) => each.interrupt()) : own.engine.interrupt())
    const interrupt = isOnServer(own.step) ? (): void => undefined : end
    const watch =
      model === null ? null : new BudgetWatch({ model: model.model, clock: this.#request.clock, figures: own.figures, interrupt })
    try {
      return await this.#make({ ...own, watch, connections, syncs: new FileSyncs() })
    } catch (error) {
      throw watch?.failureOf(error) ?? error
    } finally {
      watch?.end()
    }
  }

  async #make(work: Work): Promise<MadeStep> {
    const { clock } = this.#request
    const { step, figures, syncs } = work
    const begunMs = clock.monotonicMs()
    const { name, key, model } = step
    const { columns, ...made } = isOnServer(step) ? await this.#onServer(step) : await this.#here(work)
    const { limit } = limitOf(work)
    if (limit !== undefined && made.rows > limit.rows) throw limit.error()
    const seconds = (clock.monotonicMs() - begunMs) / 1000
    const fingerprint = model?.meaning ?? key
    const { content, rows, bytes } = made
    const draft = { model: name, key, fingerprint, columns, content, rows, bytes, seconds, memory: isOnServer(step) ? 0 : figures.memory }
    const named = this.#named(draft, syncs)
    // Told by whoever awaits it.
    named.catch(() => undefined)
    return { draft, made, named }
  }

  async #named(draft: VersionDraft, syncs: FileSyncs): Promise<Version> {
    await syncs.ended()
    reach('graph.before-version')
    const version = this.#request.catalog.addVersion(this.#request.run, draft)
    reach('graph.after-version')
    return version
  }

  async #here(work: Work): Promise<MadeColumns> {
    for (const input of inputsOf(work.step)) await this.#showFor(work, input)
    const columns = await this.#columnsOf(work)
    return { ...(await this.#content({ ...work, step: { ...work.step, columns } })), columns }
  }

  async #onServer({ name, key, model, server, columns, before }: Step): Promise<MadeColumns> {
    if (server !== null) return { content: { kind: 'server', engine: server.engine, table: null }, rows: server.rows, bytes: 0, columns }
    assert(model !== null, 'a step on a server is a table of it or a model')
    const { engine } = model.model.settings
    const target = this.#request.servers.of(engine as string)
    for (const input of model.inputs) await showOnServer(target, this.#versionOf(input), (read) => this.#versionOf(read))
    const { materialize } = model.model.settings
    if (materialize === 'view') return { content: viewOn(engine as string, model), rows: 0, bytes: 0, columns }
    const { run, atMs, window } = this.#request
    const made = await target.compute({ run, key, model, columns, before, atMs, window })
    if (!this.#keepsSome && JSON.stringify(made.columns) !== JSON.stringify(columns))
      throw new MillraceError('ENGINE_SCHEMA_CHANGED', { details: { model: name, file: model.model.file, engine } })
    return made
  }

  /** What is kept as it is may have other types than the project has by now, and so has what reads it. */
  async #columnsOf({ step: { model, columns }, engine, connection }: Work): Promise<readonly GraphColumn[]> {
    if (model === null || !this.#keepsSome) return columns
    const own = await engine.describe(connection, model.model.sql)
    return model.model.settings.materialize === 'snapshot' ? [...own, ...HISTORY_COLUMNS] : own
  }

  async #content(work: Work): Promise<MadeContent> {
    const { step, engine, connection } = work
    const { model } = step
    const { materialize, interval } = model?.model.settings ?? { materialize: 'table', interval: null }
    if (model !== null && materialize === 'view')
      return { content: { kind: 'view', sql: model.model.sql, inputs: model.inputs }, rows: 0, bytes: 0 }
    if (model !== null && interval !== null) return this.#intervals(work, model)
    const { run, folder, bring, atMs } = this.#request
    const stem = `versions/${step.name}/${run}-${hashOf(step.key).slice(0, 12)}`
    if (model === null) {
      const path = join(folder, `${stem}.parquet`)
      mkdirSync(dirname(path), { recursive: true })
      const rows = await bring(step, path, connection)
      return { content: { kind: 'files', files: [`${stem}.parquet`] }, rows, bytes: work.syncs.begin(path) }
    }
    const layout = layoutOf(model.model.settings)
    const limit = limitOf(work)
    const write = (own: DuckDBConnection, sql: string): Promise<WrittenRows> =>
      writeRows(own, { ...step, ...limit, engine, folder, stem, sql, layout, syncs: work.syncs })
    const isMerged = materialize === 'incremental' || materialize === 'snapshot'
    const { files, rows, bytes } = isMerged
      ? await mergeRows({ ...step, ...limit, model, atMs, write, engine, connection })
      : await write(connection, step.before === null ? model.model.sql : engine.select(step.before.content, step.before.columns))
    return { content: { kind: 'files', files }, rows, bytes }
  }

  async #intervals(work: Work, model: CheckedModel): Promise<MadeContent> {
    const { clock, catalog } = this.#request
    const { step, engine, connection, connections } = work
    const inputs = model.inputs.map((name) => {
      const version = this.#versionOf(name)
      return { name, columns: version.columns, key: rowsKeyOf(version.key) }
    })
    const isShared = engine === this.#request.engine
    const spare = {
      borrow: () => {
        const lent = isShared ? this.#spare.borrow() : undefined
        if (lent !== undefined) connections.add(lent)
        return lent
      },
      giveBack: (lent: DuckDBConnection) => {
        connections.delete(lent)
        this.#spare.giveBack(lent)
      },
    }
    const own = { inputs, engine, connection, spare, memory: catalog.intervals, nowMs: () => clock.nowMs(), ...limitOf(work) }
    return makeIntervals({ ...this.#request, ...step, ...own, model })
  }

  async #showFor({ engine, connection }: Pick<Work, 'engine' | 'connection'>, name: string): Promise<void> {
    if (engine === this.#request.engine) return this.#show(name, connection)
    const { content, columns } = await this.#readable(name, { engine, connection })
    if (content.kind === 'view') for (const input of content.inputs) await this.#showFor({ engine, connection }, input)
    await engine.show(name, content, columns)
  }

  /** A version as DuckDB reads it: what lies on a server is brought into a file once, by whoever first reads it here. */
  async #readable(
    name: string,
    { engine, connection }: Pick<Work, 'engine' | 'connection'>,
  ): Promise<Pick<VersionDraft, 'content' | 'columns'>> {
    const version = this.#versionOf(name)
    if (version.content.kind !== 'server') return version
    const begun = this.#carried.get(name) ?? this.#carry(version, { engine, connection })
    this.#carried.set(name, begun)
    return { content: await begun, columns: version.columns }
  }

  async #carry(version: VersionDraft, { engine, connection }: Pick<Work, 'engine' | 'connection'>): Promise<Version['content']> {
    assert(version.content.kind === 'server', 'only what lies on a server is brought from there')
    await showOnServer(this.#request.servers.of(version.content.engine), version, (name) => this.#versionOf(name))
    return carriedContent({ ...this.#request, version, engine, connection })
  }

  /** Makes a relation readable, and before it those that a view reads. */
  async #show(name: string, connection: DuckDBConnection): Promise<void> {
    const begun = this.#shown.get(name)
    if (begun !== undefined) return begun
    const shown = this.#showNow(name, connection)
    this.#shown.set(name, shown)
    return shown
  }

  #versionOf(name: string): VersionDraft {
    const version = this.#versions.get(name) ?? this.#request.published.get(name)
    assert(version !== undefined, 'what a step reads was made before it')
    return version
  }

  async #showNow(name: string, connection: DuckDBConnection): Promise<void> {
    const { engine } = this.#request
    const { content, columns } = await this.#readable(name, { engine, connection })
    if (content.kind === 'view') for (const input of content.inputs) await this.#show(input, connection)
    await engine.show(name, content, columns)
  }

  /** A view has no rows of its own: whoever reads it reads what it reads. */
  rowsOf(name: string): number {
    const version = this.#versions.get(name) ?? this.#request.published.get(name)
    const content = version?.content
    const view = content?.kind === 'server' ? content.view : content?.kind === 'view' ? content : undefined
    return view === undefined ? (version?.rows ?? 0) : view.inputs.reduce((sum, input) => sum + this.rowsOf(input), 0)
  }
}

function viewOn(engine: string, { model: { sql }, inputs }: CheckedModel): ServerContent {
  return { kind: 'server', engine, table: null, view: { sql, inputs } }
}

/** The engine for stated orders of joins is shared too: one that is ended there would end another's statement. */
export function needsOwnEngine({ model }: Step): boolean {
  if (model === null || model.model.settings.engine !== null) return false
  const { memoryMb, spillMb, seconds } = model.model.settings.budget
  return memoryMb !== undefined || spillMb !== undefined || (seconds !== undefined && statesOrder(model.model.sql))
}

function isOnServer({ model, server }: Step): boolean {
  return server !== null || (model !== null && model.model.settings.engine !== null)
}

function limitOf({ watch }: Pick<Work, 'watch'>): { readonly limit?: RowsLimit } {
  const rows = watch?.budget.rows
  return watch === null || rows === undefined ? {} : { limit: { rows, error: () => watch.tooManyRows() } }
}

export function inputsOf({ model }: Step): readonly string[] {
  return model?.inputs ?? []
}

export async function hold(figures: StepFigures, engine: RunEngine): Promise<void> {
  raise(figures, await engine.held().catch(() => figures))
}

export function raise(figures: StepFigures, { memory, spilled }: Held): void {
  figures.memory = Math.max(figures.memory, memory)
  figures.spilled = Math.max(figures.spilled, spilled)
}
