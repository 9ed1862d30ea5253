/**
 * Keeps all live models up to date. One runner holds them all, so that they move together: a step takes
 * the log's next cuts, brings every stream's fold and then every model up to them in memory, and writes
 * what changed with the new position in one commit (law 1). A model built on another takes that one's
 * change of the same step. Nothing between two cuts is ever published (law 3).
 *
 * What is saved are the folds, the models' inputs as rows; what the operators remember follows from them
 * and is computed again at a start. docs/decisions/0003-live-state.md says why.
 *
 * A model that was edited is filled beside its version before, which goes on until then (succession.ts).
 *
 * A model that has no answer (an overflow) is taken out, with those built on it, and keeps what it
 * published last; it is filled anew after a while, and joins again when its rows are mended.
 */
import { backoffMs, type Clock, MillraceError, type Random, systemClock, systemRandom } from '@millrace/base'
import type {
  Append,
  CutRange,
  CutSignal,
  LogReader,
  LogWriter,
  Stage,
  StageObservation,
  StateChange,
  StreamDefinition,
} from '@millrace/core'
import type { BoundModel } from '@millrace/sql'
import type { ToldChange } from '../fold/told-change.ts'
import type { RelationChange } from '../operator/operator.ts'
import { StateMemory, type StateMemoryOptions } from '../spill/state-memory.ts'
import { describeSpread } from '../spread/describe-spread.ts'
import { SpreadUnit } from '../spread/spread-unit.ts'
import type { RunnerWorkers } from '../spread/shard-host.ts'
import { CommitLane } from './commit-lane.ts'
import { type FilledModel, Filling } from './filling.ts'
import type { FoldKeeper } from './fold-keeper.ts'
import { type ColumnsRead, FoldSet, type SetStep } from './fold-set.ts'
import { asSourceProgress, type LiveProgress, readProgress } from './live-progress.ts'
import { columnsRead, isRecursive, withInputs, withReaders } from './model-graph.ts'
import type { LiveUnit, MakeUnit } from './live-unit.ts'
import { ModelUnit } from './model-unit.ts'
import { observeModels } from './observe-models.ts'
import { type FillSpeed, PublishedTexts } from './published-models.ts'
import { outputOf, outputOfFilled, type OutputOrigin, streamOf } from './publication.ts'
import { ReadAhead } from './read-ahead.ts'
import { RunningUnits } from './running-units.ts'
import { StatusBoard } from './status-board.ts'
import { StepMeter } from './step-meter.ts'
import { StepSize } from './step-size.ts'
import { type Stepped, stepUnits } from './step-units.ts'
import { Succession } from './succession.ts'

export interface LiveRunnerOptions {
  /** Bound, in dependency order. */
  readonly models: readonly BoundModel[]
  /** What the log holds of models that were edited since: each as it was published last, bound; in dependency order. */
  readonly earlier?: readonly BoundModel[]
  readonly writer: LogWriter
  /** The runner's own: it closes it when it ends. */
  readonly reader: LogReader
  readonly signal: CutSignal
  /** Where the models are computed; without one in this thread. Whoever gave it closes it, after the runner has ended. */
  readonly workers?: RunnerWorkers
  readonly clock?: Clock
  readonly random?: Random
  /** How much memory the models' state may take; without it there is no limit. */
  readonly memory?: StateMemoryOptions
}

const RETRY = { baseMs: 1_000, limitMs: 60_000, jitter: 0.2 }
/** How long the runner sleeps at most while a model waits for its next try. */
const IDLE_MS_LIMIT = 1_000
/** A shorter filling tells nothing of the speed of a long one. */
const SPEED_MS_MIN = 20

/** Folds that are on their way through the log, and the models that wait for them. */
interface Arrival {
  readonly folds: readonly FoldKeeper[]
  readonly models: readonly BoundModel[]
  /** Models whose streams hold their relation already. */
  readonly published: ReadonlySet<string>
}

export class LiveRunner implements Stage {
  readonly name = 'live'
  readonly #models: readonly BoundModel[]
  readonly #earlier: readonly BoundModel[]
  readonly #reader: LogReader
  readonly #signal: CutSignal
  readonly #clock: Clock
  readonly #random: Random
  readonly #commits: CommitLane
  readonly #memory: StateMemory
  readonly #folds: FoldSet
  readonly #status: StatusBoard
  readonly #meter: StepMeter
  readonly #size = new StepSize()
  /** Streams whose history is not whole: what reads them has failed for good. */
  readonly #lost = new Set<string>()
  #arrival: Arrival | null = null
  readonly #running = new RunningUnits()
  readonly #makeUnit: MakeUnit
  /** Aborts where this runner cannot go on: a commit was refused for good, a worker is lost. */
  readonly #broken: AbortSignal
  /** Only where workers compute meanwhile. */
  readonly #ahead: ReadAhead | null
  readonly #spread: ReadonlyMap<string, string>
  #filling: Filling | null = null
  #fillingSinceMs = 0
  #speed: FillSpeed | null = null
  #progress: LiveProgress = { cut: 0, folds: {}, models: {} }
  #succession: Succession
  readonly #texts: PublishedTexts

  constructor(options: LiveRunnerOptions) {
    const { models, earlier = [], writer, reader, signal, workers, memory = {}, clock = systemClock, random = systemRandom } = options
    this.#memory = new StateMemory(memory)
    this.#models = models
    this.#earlier = earlier
    this.#succession = new Succession({ models, earlier: [], progress: this.#progress })
    this.#texts = new PublishedTexts(reader)
    this.#reader = reader
    this.#signal = signal
    this.#clock = clock
    this.#random = random
    this.#commits = new CommitLane({ writer, clock, random })
    this.#broken = workers === undefined ? this.#commits.broken : AbortSignal.any([this.#commits.broken, workers.broken])
    this.#makeUnit = (model) =>
      workers === undefined || isRecursive(model)
        ? new ModelUnit(model, this.#memory)
        : new SpreadUnit(model, { host: workers, memory: this.#memory })
    this.#ahead = workers === undefined ? null : new ReadAhead(reader)
    this.#spread = new Map(models.map((model) => [model.name, describeSpread(model, isRecursive(model) ? 1 : (workers?.size ?? 1))]))
    this.#folds = new FoldSet(reader, this.#memory)
    this.#status = new StatusBoard(models, { clock, random })
    this.#meter = new StepMeter(reader, clock)
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#work(AbortSignal.any([signal, this.#broken]))
      this.#broken.throwIfAborted()
      await this.#saveAll()
    } finally {
      await this.#commits.settled().catch(() => undefined)
      this.#status.stopped()
      this.#forget()
      this.#memory.close()
      this.#reader.close()
    }
  }

  observe(): readonly StageObservation[] {
    return observeModels({
      status: this.#status.all(),
      meter: this.#meter,
      cut: this.#progress.cut,
      newestCut: newestCutOr(this.#reader, this.#progress.cut),
      problem: this.#commits.problem,
      isCommitting: this.#commits.isBusy,
      spread: this.#spread,
      memory: this.#memory,
      nowMs: this.#clock.nowMs(),
    })
  }

  /** Ends when the signal aborts, between two steps. */
  async #work(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        await this.#start(signal)
        while (!signal.aborted) await this.#turn(signal)
      } catch (error) {
        if (this.#broken.aborted) throw this.#broken.reason
        if (signal.aborted && error === signal.reason) return
        if (!(error instanceof MillraceError) || error.retry !== 'backoff') throw error
        await this.#beginAnew(error, attempt, signal)
      }
    }
  }

  /** What passes by itself (a disk that could not be read) is met by starting from the store again. */
  async #beginAnew(problem: MillraceError, attempt: number, signal: AbortSignal): Promise<void> {
    this.#folds.clear()
    this.#forget()
    this.#memory.releaseAll()
    this.#status.setAll('retrying', problem)
    await this.#commits.settled()
    await this.#clock.sleep(backoffMs(this.#random, { attempt, ...RETRY }), signal).catch(() => undefined)
    this.#status.setAll('starting', null)
  }

  #forget(): void {
    this.#running.replace([])
    this.#filling?.close()
    this.#filling = null
    this.#arrival = null
  }

  /** First what is published already is brought back to where it was; then the rest begins to fill. */
  async #start(signal: AbortSignal): Promise<void> {
    const saved = readProgress(this.#reader)
    const isPublished = ({ name, fingerprint }: BoundModel): boolean => saved.models[name] === fingerprint
    this.#succession = new Succession({ models: this.#models, earlier: this.#earlier, progress: saved })
    const published = [...this.#models.filter(isPublished), ...this.#succession.models]
    // Models that are gone from the project are forgotten; their streams stay as they are.
    this.#progress = { ...saved, models: Object.fromEntries(published.map(({ name, fingerprint }) => [name, fingerprint])) }
    const read = columnsRead([...this.#models, ...published])
    this.#folds.retire(Object.keys(saved.folds).filter((stream) => !read.has(stream)))
    await this.#bringBack(published, signal)
    this.#await(this.#models.filter((model) => !isPublished(model)))
  }

  async #bringBack(published: readonly BoundModel[], signal: AbortSignal): Promise<void> {
    if (published.length === 0) return
    for (const keeper of this.#openWhole(published)) {
      while (!keeper.catchUp(this.#progress.cut, this.#size.bytesLimit)) await this.#pause(signal)
      this.#folds.attach(keeper)
    }
    // Old versions would have to be told apart from the new ones that may fail with them: they go.
    if (this.#lost.size > 0) this.#endSuccession()
    const isWhole = (model: BoundModel): boolean => this.#succession.has(model) || !this.#status.isFailed(model.name)
    const isThere = (model: BoundModel): boolean => this.#models.includes(model) || this.#succession.has(model)
    const whole = published.filter((model) => isThere(model) && isWhole(model))
    this.#fill(whole, new Set(whole.map((model) => model.name)))
    while (this.#filling !== null || this.#arrival !== null) {
      await this.#advanceArrival()
      await this.#advanceFilling()
      await this.#pause(signal)
    }
  }

  /** Opens the folds that models need; they are filled once these have caught up. */
  #await(models: readonly BoundModel[]): void {
    if (models.length === 0) return
    for (const { name } of models) if (!this.#status.isFailed(name)) this.#status.setPhase(name, 'filling')
    const folds = this.#openWhole([...this.#models, ...this.#succession.models])
    this.#arrival = { folds, models: models.filter(({ name }) => !this.#status.isFailed(name)), published: new Set() }
  }

  /** The folds that are missing for the models; a stream whose history is not whole fails its readers. */
  #openWhole(models: readonly BoundModel[]): readonly FoldKeeper[] {
    return this.#folds.missing(columnsRead(models), this.#progress).filter((keeper) => {
      if (this.#lost.has(keeper.shape.stream)) return false
      try {
        keeper.checkHistory()
        return true
      } catch (error) {
        this.#lost.add(keeper.shape.stream)
        this.#failReaders(keeper.shape.stream, error)
        return false
      }
    })
  }

  /** One piece of whatever is to be done; sleeps where nothing is. */
  async #turn(signal: AbortSignal): Promise<void> {
    const newestCut = this.#reader.cut()
    const stepped = newestCut > this.#progress.cut && (await this.#step(newestCut, signal))
    const arrived = await this.#advanceArrival()
    const filled = await this.#advanceFilling()
    if (filled !== null) await this.#publish(filled, signal)
    this.#retryFailed()
    if (stepped || arrived || filled !== null || this.#filling !== null) await this.#pause(signal)
    else await this.#sleep(signal)
  }

  /** True where the step found anything. */
  async #step(untilCut: number, signal: AbortSignal): Promise<boolean> {
    this.#admitNewStreams()
    const { cut: afterCut } = this.#progress
    const startMs = this.#clock.monotonicMs()
    const { bytesLimit } = this.#size
    const range: CutRange = this.#folds.isEmpty
      ? { untilCut, batches: [] }
      : (this.#ahead?.take(this.#folds.streams, afterCut) ?? this.#reader.readCuts(this.#folds.streams, { afterCut, untilCut, bytesLimit }))
    const stepped = this.#folds.step(range)
    for (const [stream, error] of stepped.lost) {
      this.#lost.add(stream)
      this.#failReaders(stream, error)
    }
    const isEmpty = range.batches.length === 0
    const readAhead = isEmpty ? undefined : this.#ahead?.read(this.#folds.streams, { afterCut: range.untilCut, bytesLimit })
    const appends = isEmpty ? [] : await this.#stepModels(stepped, range.untilCut)
    await readAhead
    if (!isEmpty) await this.#followFilling(stepped.changes)
    // Told only now: whoever observes it takes it for what the models reflect.
    this.#progress = { ...this.#progress, cut: range.untilCut }
    if (isEmpty) return false
    const tookMs = this.#clock.monotonicMs() - startMs
    this.#meter.took(range.batches, tookMs)
    this.#size.learn(tookMs, range.untilCut < untilCut)
    await this.#commit({ streams: [], appends, saveAll: false }, signal)
    return true
  }

  /** A stream that has come to the log since the last cut has all its changes still ahead. */
  #admitNewStreams(): void {
    const wanted = columnsRead(this.#models)
    const isKnown = (name: string): boolean => this.#folds.keepers.has(name) || this.#status.has(name) || this.#lost.has(name)
    const unknown = [...wanted.keys()].filter((name) => !isKnown(name))
    if (unknown.length === 0) return
    const waiting = new Set(this.#arrival?.folds.map((keeper) => keeper.shape.stream))
    const missing: ColumnsRead = new Map(
      unknown.filter((name) => !waiting.has(name)).map((name) => [name, wanted.get(name) ?? { names: new Set() }]),
    )
    for (const keeper of this.#folds.missing(missing, { ...this.#progress, folds: {} })) {
      keeper.catchUp(this.#progress.cut, Number.MAX_SAFE_INTEGER)
      this.#folds.attach(keeper)
    }
  }

  async #stepModels({ changes, oldestMicros }: SetStep, asOf: number): Promise<readonly Append[]> {
    const units = this.#running.all.filter(({ model }) => this.#isAlive(model))
    const stepped = await stepUnits(units, this.#relations(changes))
    const origin = { asOf, timeMicros: oldestMicros }
    const appends: Append[] = []
    for (const unit of units) appends.push(...this.#told(unit, stepped.get(unit), origin))
    this.#running.keep((model) => this.#isAlive(model))
    return appends
  }

  #told({ model }: LiveUnit, step: Stepped | undefined, origin: OutputOrigin): readonly Append[] {
    if (step?.kind === 'failed') {
      if (this.#succession.has(model)) this.#endSuccession()
      else this.#failReaders(model.name, step.error)
    }
    if (step?.kind !== 'stepped' || !this.#isAlive(model)) return []
    if (this.#succession.has(model)) this.#filling?.supersede(model.name, step.change)
    const output = outputOf(model, step.change, origin)
    if (output.changes > 0) this.#status.published(model.name, output.changes)
    return output.appends
  }

  #relations(changes: ReadonlyMap<string, ToldChange>): Map<string, RelationChange> {
    const known = new Map<string, RelationChange>()
    for (const [stream, { batch }] of changes) known.set(stream, (this.#folds.keepers.get(stream) as FoldKeeper).asRelation(batch))
    return known
  }

  async #commit(
    made: { streams: readonly StreamDefinition[]; appends: readonly Append[]; saveAll: boolean; texts?: StateChange },
    signal: AbortSignal | null,
  ): Promise<void> {
    const rows = this.#folds.save(this.#clock.monotonicMs(), made.saveAll)
    const state = made.texts === undefined ? rows : { ...rows, put: [...(rows?.put ?? []), ...(made.texts.put ?? [])] }
    const folds = { ...this.#progress.folds, ...this.#folds.describe() }
    for (const stream of this.#folds.takeRetired()) delete folds[stream]
    this.#progress = { ...this.#progress, folds }
    const { streams, appends } = made
    await this.#commits.push({ streams, appends, progress: asSourceProgress(this.#progress), ...(state === null ? {} : { state }) }, signal)
    for (const { model, stateSize } of this.#running.all) this.#status.holds(model.name, stateSize)
  }

  /** True while folds are on their way. */
  async #advanceArrival(): Promise<boolean> {
    const arrival = this.#arrival
    if (arrival === null) return false
    for (const keeper of arrival.folds) {
      if (!keeper.catchUp(this.#progress.cut, this.#size.bytesLimit)) return true
    }
    for (const keeper of arrival.folds) this.#folds.attach(keeper)
    this.#arrival = null
    // What the models' streams hold is read then: all that was told must be in them.
    await this.#commits.settled()
    this.#fill(arrival.models, arrival.published)
    return true
  }

  #fill(models: readonly BoundModel[], published: ReadonlySet<string>): void {
    const targets = new Set(models.map((model) => model.name))
    const isOld = models.some((model) => this.#succession.has(model))
    const all = isOld ? models : withInputs(this.#models, targets)
    const copies = new Set(all.map((model) => model.name).filter((name) => !targets.has(name)))
    this.#filling =
      all.length === 0 ? null : new Filling({ models: all, copies, published, makeUnit: this.#makeUnit }, this.#folds.keepers, this.#reader)
    if (this.#filling === null) this.#endSuccession()
    this.#fillingSinceMs = this.#clock.monotonicMs()
    for (const name of targets) if (!published.has(name)) this.#status.setPhase(name, 'filling')
  }

  /** Null while it goes on, or where there is none. */
  async #advanceFilling(): Promise<readonly FilledModel[] | null> {
    const filling = this.#filling
    if (filling === null) return null
    try {
      if (!(await filling.slice())) return null
      this.#filling = null
      const filled = filling.finish()
      this.#join(filled)
      const ms = Math.round(this.#clock.monotonicMs() - this.#fillingSinceMs)
      if (ms >= SPEED_MS_MIN) this.#speed = { rows: filling.rowsTold, ms }
      return filled
    } catch (error) {
      this.#fillingFailed(filling, error)
      return null
    }
  }

  async #followFilling(changes: ReadonlyMap<string, ToldChange>): Promise<void> {
    const filling = this.#filling
    if (filling === null) return
    try {
      await filling.follow(changes)
    } catch (error) {
      this.#fillingFailed(filling, error)
    }
  }

  /** The models that can still be filled begin anew without the one that failed, between two steps. */
  #fillingFailed(filling: Filling, error: unknown): void {
    this.#filling = null
    filling.close()
    if (!(error instanceof MillraceError) || error.code !== 'LIVE_EVALUATION') throw error
    const failed = String(error.details['model'])
    const isOld = filling.models.some((model) => model.name === failed && this.#succession.has(model))
    const rest = filling.models.filter((model) => this.#models.includes(model))
    if (isOld) this.#endSuccession()
    else this.#failReaders(failed, error)
    this.#arrival = { folds: [], models: rest.filter(({ name }) => !this.#status.isFailed(name)), published: new Set() }
  }

  /** The old versions' streams stand still from here on, until the new ones are filled. */
  #endSuccession(): void {
    const ended = new Set(this.#succession.models.map(({ name, fingerprint }) => `${name} ${fingerprint}`))
    this.#running.keep((model) => !this.#succession.has(model))
    this.#succession.end()
    const models = Object.entries(this.#progress.models).filter(([name, fingerprint]) => !ended.has(`${name} ${fingerprint}`))
    this.#progress = { ...this.#progress, models: Object.fromEntries(models) }
  }

  #isAlive(model: BoundModel): boolean {
    return this.#models.includes(model) ? !this.#status.isFailed(model.name) : this.#succession.has(model)
  }

  #join(filled: readonly FilledModel[]): void {
    const units = new Map([...this.#running.all, ...filled.map(({ unit }) => unit)].map((unit) => [unit.model, unit]))
    const isNew = filled.some(({ difference }) => difference !== null)
    if (isNew) this.#endSuccession()
    this.#running.replace([...this.#models, ...this.#succession.models].flatMap((model) => units.get(model) ?? []))
    for (const { unit } of filled) {
      if (this.#succession.has(unit.model)) continue
      this.#status.joined(unit.model.name)
    }
  }

  /** Writes what filled models add to their streams; from here on they move with the others. */
  async #publish(filled: readonly FilledModel[], signal: AbortSignal): Promise<void> {
    const told = filled.filter(({ difference }) => difference !== null)
    if (told.length === 0) return
    const origin = { asOf: this.#progress.cut, timeMicros: Math.round(this.#clock.nowMs() * 1000) }
    const streams = told.map(({ unit }) => streamOf(unit.model))
    const appends = told.flatMap((each) => {
      const output = outputOfFilled(each, origin)
      if (output.changes > 0) this.#status.published(each.unit.model.name, output.changes)
      return output.appends
    })
    const fingerprints = Object.fromEntries(told.map(({ unit: { model } }) => [model.name, model.fingerprint]))
    const models = { ...this.#progress.models, ...fingerprints }
    this.#progress = { ...this.#progress, models }
    const written = told.map(({ unit }) => unit.model)
    const texts = this.#texts.publish(written, new Set(Object.keys(models)), this.#speed)
    await this.#commit({ streams, appends, texts, saveAll: false }, signal)
  }

  /** Takes a model and all built on it out, with the error; anything but a known error stops the stage. */
  #failReaders(name: string, error: unknown): void {
    if (!(error instanceof MillraceError)) throw error
    for (const model of withReaders(this.#models, new Set([name]))) {
      this.#status.failed(model.name, error)
    }
    // Its stream does not keep up with the cut any more, and nobody may rely on it.
    const published = Object.entries(this.#progress.models).filter(([model]) => !this.#status.isFailed(model))
    this.#progress = { ...this.#progress, models: Object.fromEntries(published) }
  }

  /** Models without an answer are tried again when their time has come and nothing else is being filled. */
  #retryFailed(): void {
    if (this.#filling !== null || this.#arrival !== null) return
    const models = this.#status.dueAgain()
    if (models.length === 0) return
    for (const { name } of models) this.#status.setPhase(name, 'filling')
    this.#fill(models, new Set())
  }

  async #saveAll(): Promise<void> {
    if (!this.#folds.isEmpty) await this.#commit({ streams: [], appends: [], saveAll: true }, null)
  }

  /** Lets others on this thread have their turn. */
  async #pause(signal: AbortSignal): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    signal.throwIfAborted()
  }

  async #sleep(signal: AbortSignal): Promise<void> {
    const next = this.#signal.after(this.#progress.cut, signal)
    await (this.#status.isAnyFailed ? Promise.race([next, this.#clock.sleep(IDLE_MS_LIMIT, signal)]) : next)
  }
}

/** The log is being read by an observer that must never fail: a log that is closed has nothing newer. */
function newestCutOr(reader: LogReader, otherwise: number): number {
  try {
    return reader.cut()
  } catch {
    return otherwise
  }
}
