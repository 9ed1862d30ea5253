/**
 * Computes the steps of a plan: several at once, each after what it reads, the critical path first. Every
 * finished step is a version on disk and in the catalogue, so that a run that is killed loses only what it
 * had begun. Nothing is shown to anybody here: that is one commit, after the last step.
 */
import { assert, type Clock, reach } from '@millrace/base'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { problemOfRun } from '../../query-error.ts'
import type { GraphCatalog } from '../catalog/catalog.ts'
import type { Version } from '../catalog/version.ts'
import { type CheckedModel, type GraphColumn, hashOf } from '../check/checked-graph.ts'
import { HISTORY_COLUMNS } from '../model/model.ts'
import { remainingSeconds } from './critical-path.ts'
import { layoutOf, rowsKeyOf } from '../model/layout.ts'
import type { IntervalWindow } from '../model/interval-window.ts'
import { type MadeContent, makeIntervals } from './make-intervals.ts'
import { mergeRows } from './merge-rows.ts'
import type { RunPlan, Step } from './plan-run.ts'
import { ReadyQueue } from './ready-queue.ts'
import type { RunEngine } from './run-engine.ts'
import { classOfFailure } from './run-failure.ts'
import { syncFile } from './sync-file.ts'
import { writeRows, type WrittenRows } from './write-rows.ts'

export interface StepsRequest {
  readonly plan: RunPlan
  /** What the environment shows now: views that are not made anew read it. */
  readonly published: ReadonlyMap<string, Version>
  readonly run: number
  readonly catalog: GraphCatalog
  readonly engine: RunEngine
  readonly folder: string
  readonly clock: Clock
  readonly signal: AbortSignal
  /** When the run began, or the killed one that it goes on with: from then on a snapshot's new rows are so. */
  readonly atMs: number
  readonly window: IntervalWindow | null
  /** Writes the rows of a seed or a stream to a file, and tells how many there are. */
  readonly bring: (step: Step, path: string, connection: DuckDBConnection) => Promise<number>
  readonly onStep: (told: StepTold) => void
}

export interface StepTold {
  readonly name: string
  readonly outcome: 'computed' | 'failed'
  readonly seconds: number
  readonly rows: number
  /** Of a model that is kept by intervals. */
  readonly intervals?: { readonly computed: number; readonly all: number }
}

export interface StepsOutcome {
  /** Every version of the plan that exists now, by folded name. */
  readonly versions: ReadonlyMap<string, Version>
  readonly failures: ReadonlyMap<string, unknown>
  /** Steps that were not begun, because what they read failed or the run was stopped. */
  readonly skipped: readonly string[]
}

/** Of steps that were never run, in seconds: what matters then is how many stand in a row. */
const SECONDS_UNKNOWN = 0.01
const MEMORY_SAMPLE_MS = 100

export async function runSteps(request: StepsRequest): Promise<StepsOutcome> {
  return new StepsRun(request).run()
}

class StepsRun {
  readonly #request: StepsRequest
  readonly #versions = new Map<string, Version>()
  readonly #failures = new Map<string, unknown>()
  readonly #shown = new Map<string, Promise<void>>()
  readonly #waiting = new Map<string, number>()
  readonly #readers = new Map<string, string[]>()
  readonly #ready: ReadyQueue
  /** Steps that ran out of memory beside others. */
  readonly #alone: string[] = []
  readonly #running = new Map<string, { memory: number }>()
  readonly #idle: DuckDBConnection[]
  readonly #keepsSome: boolean
  #stopped = false
  #ended: () => void = () => undefined

  constructor(request: StepsRequest) {
    this.#request = request
    const timed = [...request.plan.steps.values()].map((step) => [step.name, { seconds: secondsOf(step), inputs: inputsOf(step) }] as const)
    this.#ready = new ReadyQueue(remainingSeconds(new Map(timed)))
    this.#keepsSome = [...request.plan.steps.values()].some(({ action }) => action === 'kept')
    this.#idle = [...request.engine.connections]
    for (const step of request.plan.steps.values()) if (step.version !== null) this.#versions.set(step.name, step.version)
    for (const step of this.#toMake()) this.#arrange(step)
  }

  async run(): Promise<StepsOutcome> {
    const { signal, engine } = this.#request
    const stop = (): void => {
      this.#stopped = true
      engine.interrupt()
    }
    signal.addEventListener('abort', stop)
    let sampled: Promise<void> = Promise.resolve()
    const sampling = setInterval(() => (sampled = sampled.then(() => this.#sample())), MEMORY_SAMPLE_MS)
    try {
      if (signal.aborted) this.#stopped = true
      await new Promise<void>((resolve) => {
        this.#ended = resolve
        this.#dispatch()
      })
    } finally {
      clearInterval(sampling)
      // DuckDB does not survive that its connection is closed under a statement.
      await sampled
      signal.removeEventListener('abort', stop)
    }
    const skipped = this.#toMake().map(({ name }) => name)
    return {
      versions: this.#versions,
      failures: this.#failures,
      skipped: skipped.filter((name) => !this.#versions.has(name) && !this.#failures.has(name)),
    }
  }

  #toMake(): Step[] {
    return [...this.#request.plan.steps.values()].filter(({ version }) => version === null)
  }

  #arrange(step: Step): void {
    const awaited = inputsOf(step).filter((input) => !this.#versions.has(input))
    for (const input of awaited) this.#readers.set(input, [...(this.#readers.get(input) ?? []), step.name])
    if (awaited.length === 0) this.#ready.add(step.name)
    else this.#waiting.set(step.name, awaited.length)
  }

  #dispatch(): void {
    while (!this.#stopped && this.#idle.length > 0) {
      const name = this.#ready.take() ?? (this.#running.size === 0 ? this.#alone.pop() : undefined)
      if (name === undefined) break
      void this.#start(this.#request.plan.steps.get(name) as Step, this.#idle.pop() as DuckDBConnection)
    }
    if (this.#running.size === 0 && (this.#stopped || (this.#ready.size === 0 && this.#alone.length === 0))) this.#ended()
  }

  async #start(step: Step, connection: DuckDBConnection): Promise<void> {
    const { clock, onStep } = this.#request
    const wasAlone = this.#running.size === 0
    const begunMs = clock.monotonicMs()
    const figures = { memory: 0 }
    this.#running.set(step.name, figures)
    try {
      const { version, made } = await this.#make(step, connection, figures)
      this.#versions.set(step.name, version)
      this.#release(step.name)
      const { seconds, rows } = version
      onStep({
        name: step.name,
        outcome: 'computed',
        seconds,
        rows,
        ...(made.intervals === undefined ? {} : { intervals: made.intervals }),
      })
    } catch (error) {
      if (!this.#stopped) this.#fail(step.name, error, wasAlone)
      if (this.#failures.has(step.name))
        onStep({ name: step.name, outcome: 'failed', seconds: (clock.monotonicMs() - begunMs) / 1000, rows: 0 })
    }
    this.#running.delete(step.name)
    this.#idle.push(connection)
    this.#dispatch()
  }

  #fail(name: string, error: unknown, wasAlone: boolean): void {
    const failure = classOfFailure(error)
    if (failure === 'memory' && !wasAlone) this.#alone.push(name)
    else {
      this.#failures.set(name, error)
      this.#request.catalog.addFailure(this.#request.run, name, problemOfRun(error))
      if (failure === 'disk') this.#stopped = true
    }
  }

  #release(name: string): void {
    for (const reader of this.#readers.get(name) ?? []) {
      const left = (this.#waiting.get(reader) as number) - 1
      this.#waiting.set(reader, left)
      if (left === 0) this.#ready.add(reader)
    }
  }

  async #make(step: Step, connection: DuckDBConnection, figures: { memory: number }): Promise<{ version: Version; made: MadeContent }> {
    const { catalog, run, clock } = this.#request
    const begunMs = clock.monotonicMs()
    for (const input of inputsOf(step)) await this.#show(input)
    const { name, key, model } = step
    const columns = await this.#columnsOf(step, connection)
    const made = await this.#content({ ...step, columns }, connection)
    reach('graph.before-version')
    const seconds = (clock.monotonicMs() - begunMs) / 1000
    const fingerprint = model?.meaning ?? key
    const { content, rows, bytes } = made
    const draft = { model: name, key, fingerprint, columns, content, rows, bytes, seconds, memory: figures.memory }
    const version = catalog.addVersion(run, draft)
    reach('graph.after-version')
    return { version, made }
  }

  /** What is kept as it is may have other types than the project has by now, and so has what reads it. */
  async #columnsOf({ model, columns }: Step, connection: DuckDBConnection): Promise<readonly GraphColumn[]> {
    if (model === null || !this.#keepsSome) return columns
    const own = await this.#request.engine.describe(connection, model.model.sql)
    return model.model.settings.materialize === 'snapshot' ? [...own, ...HISTORY_COLUMNS] : own
  }

  async #content(step: Step, connection: DuckDBConnection): Promise<MadeContent> {
    const { model } = step
    const { materialize, interval } = model?.model.settings ?? { materialize: 'table', interval: null }
    if (model !== null && materialize === 'view')
      return { content: { kind: 'view', sql: model.model.sql, inputs: model.inputs }, rows: 0, bytes: 0 }
    if (model !== null && interval !== null) return this.#intervals({ ...step, model }, connection)
    const { run, folder, bring, engine, atMs } = this.#request
    const stem = `versions/${step.name}/${run}-${hashOf(step.key).slice(0, 12)}`
    if (model === null) {
      const path = join(folder, `${stem}.parquet`)
      mkdirSync(dirname(path), { recursive: true })
      const rows = await bring(step, path, connection)
      return { content: { kind: 'files', files: [`${stem}.parquet`] }, rows, bytes: await syncFile(path) }
    }
    const layout = layoutOf(model.model.settings)
    const write = (own: DuckDBConnection, sql: string): Promise<WrittenRows> =>
      writeRows(own, { ...step, engine, folder, stem, sql, layout })
    const isMerged = materialize === 'incremental' || materialize === 'snapshot'
    const { files, rows, bytes } = isMerged
      ? await mergeRows({ ...step, model, atMs, write, engine, connection })
      : await write(connection, step.before === null ? model.model.sql : engine.select(step.before.content, step.before.columns))
    return { content: { kind: 'files', files }, rows, bytes }
  }

  async #intervals(step: Step & { readonly model: CheckedModel }, connection: DuckDBConnection): Promise<MadeContent> {
    const { clock, catalog } = this.#request
    const inputs = step.model.inputs.map((name) => {
      const version = this.#versionOf(name)
      return { name, columns: version.columns, key: rowsKeyOf(version.key) }
    })
    const spare = {
      borrow: () => (this.#stopped || this.#ready.size > 0 ? undefined : this.#idle.pop()),
      giveBack: (own: DuckDBConnection) => {
        this.#idle.push(own)
        this.#dispatch()
      },
    }
    return makeIntervals({ ...this.#request, ...step, inputs, connection, spare, memory: catalog.intervals, nowMs: () => clock.nowMs() })
  }

  /** Makes a relation readable, and before it those that a view reads. */
  async #show(name: string): Promise<void> {
    const begun = this.#shown.get(name)
    if (begun !== undefined) return begun
    const shown = this.#showNow(name)
    this.#shown.set(name, shown)
    return shown
  }

  #versionOf(name: string): Version {
    const version = this.#versions.get(name) ?? this.#request.published.get(name)
    assert(version !== undefined, 'what a step reads was made before it')
    return version
  }

  async #showNow(name: string): Promise<void> {
    const version = this.#versionOf(name)
    if (version.content.kind === 'view') for (const input of version.content.inputs) await this.#show(input)
    await this.#request.engine.show(name, version.content, version.columns)
  }

  async #sample(): Promise<void> {
    if (this.#running.size === 0) return
    const bytes = await this.#request.engine.memory().catch(() => 0)
    for (const figures of this.#running.values()) figures.memory = Math.max(figures.memory, bytes)
  }
}

function inputsOf({ model }: Step): readonly string[] {
  return model?.inputs ?? []
}

function secondsOf({ version, estimate }: Step): number {
  return version === null ? (estimate ?? SECONDS_UNKNOWN) : 0
}
