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
import type { CutSignal, LogReader, LogWriter, Stage, StageObservation } from '@millrace/core'
import type { BoundModel } from '@millrace/sql'
import { StateMemory, type StateMemoryOptions } from '../spill/state-memory.ts'
import { describeSpread } from '../spread/describe-spread.ts'
import type { RunnerWorkers } from '../spread/shard-host.ts'
import { SpreadUnit } from '../spread/spread-unit.ts'
import { FillingDesk } from './filling-desk.ts'
import { FoldSet } from './fold-set.ts'
import { LiveLedger } from './live-ledger.ts'
import { LiveSteps, STEP_CHANGES_LIMIT } from './live-steps.ts'
import type { MakeUnit } from './live-unit.ts'
import { columnsRead, isRecursive } from './model-graph.ts'
import { ModelRoster } from './model-roster.ts'
import { ModelUnit } from './model-unit.ts'
import { observeModels } from './observe-models.ts'
import { pause } from './pause.ts'
import { ReadAhead } from './read-ahead.ts'
import { RunningUnits } from './running-units.ts'
import { StatusBoard } from './status-board.ts'
import { StepMeter } from './step-meter.ts'
import { StepSize } from './step-size.ts'

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
  /** With more changes than these a step is taken in slices. */
  readonly stepChangesLimit?: number
}

const RETRY = { baseMs: 1_000, limitMs: 60_000, jitter: 0.2 }
/** How long the runner sleeps at most while a model waits for its next try. */
const IDLE_MS_LIMIT = 1_000

export class LiveRunner implements Stage {
  readonly name = 'live'
  readonly #reader: LogReader
  readonly #signal: CutSignal
  readonly #clock: Clock
  readonly #random: Random
  readonly #memory: StateMemory
  readonly #folds: FoldSet
  readonly #status: StatusBoard
  readonly #running = new RunningUnits()
  readonly #ledger: LiveLedger
  readonly #roster: ModelRoster
  readonly #desk: FillingDesk
  readonly #steps: LiveSteps
  readonly #meter: StepMeter
  readonly #size = new StepSize()
  /** Aborts where this runner cannot go on: a commit was refused for good, a worker is lost. */
  readonly #broken: AbortSignal
  readonly #spread: ReadonlyMap<string, string>

  constructor(options: LiveRunnerOptions) {
    const { models, earlier = [], writer, reader, signal, workers, memory = {}, clock = systemClock, random = systemRandom } = options
    this.#reader = reader
    this.#signal = signal
    this.#clock = clock
    this.#random = random
    this.#memory = new StateMemory(memory)
    this.#folds = new FoldSet(reader, this.#memory)
    this.#status = new StatusBoard(models, { clock, random })
    this.#meter = new StepMeter(reader, clock)
    this.#spread = new Map(models.map((model) => [model.name, describeSpread(model, isRecursive(model) ? 1 : (workers?.size ?? 1))]))
    const shared = { reader, clock, random, folds: this.#folds, running: this.#running, status: this.#status, memory: this.#memory }
    this.#ledger = new LiveLedger({ ...shared, writer })
    const { broken } = this.#ledger.commits
    this.#broken = workers === undefined ? broken : AbortSignal.any([broken, workers.broken])
    this.#roster = new ModelRoster({ models, earlier, running: this.#running, status: this.#status, ledger: this.#ledger })
    const own = { ...shared, roster: this.#roster, ledger: this.#ledger, size: this.#size, meter: this.#meter }
    this.#desk = new FillingDesk({ ...own, makeUnit: unitsIn(this.#memory, workers) })
    const ahead = workers === undefined ? null : new ReadAhead(reader)
    this.#steps = new LiveSteps({ ...own, desk: this.#desk, ahead, changesLimit: options.stepChangesLimit ?? STEP_CHANGES_LIMIT })
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#work(AbortSignal.any([signal, this.#broken]))
      this.#broken.throwIfAborted()
      if (!this.#folds.isEmpty) await this.#ledger.commit({ saveAll: true }, null)
    } finally {
      await this.#ledger.commits.settled().catch(() => undefined)
      this.#status.stopped()
      this.#forget()
      this.#memory.close()
      this.#reader.close()
    }
  }

  observe(): readonly StageObservation[] {
    const { cut, commits } = this.#ledger
    return observeModels({
      status: this.#status.all(),
      meter: this.#meter,
      cut,
      newestCut: newestCutOr(this.#reader, cut),
      problem: commits.problem,
      isCommitting: commits.isBusy,
      spread: this.#spread,
      memory: this.#memory,
      nowMs: this.#clock.nowMs(),
    })
  }

  /** Ends when the signal aborts, between two steps or two slices. */
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
    await this.#ledger.commits.settled()
    await this.#clock.sleep(backoffMs(this.#random, { attempt, ...RETRY }), signal).catch(() => undefined)
    this.#status.setAll('starting', null)
  }

  #forget(): void {
    this.#running.replace([])
    this.#desk.forget()
    this.#ledger.forget()
  }

  /** First what is published already is brought back to where it was; then the rest begins to fill. */
  async #start(signal: AbortSignal): Promise<void> {
    const { models } = this.#roster
    const published = this.#roster.begin()
    await this.#ledger.dropStagedRows(signal)
    const read = columnsRead([...models, ...published])
    this.#folds.retire(Object.keys(this.#ledger.progress.folds).filter((stream) => !read.has(stream)))
    await this.#bringBack(published, signal)
    // A model that is new may read what moves in two lanes.
    while (this.#ledger.lanes.length > 1) {
      await this.#steps.turn(this.#reader.cut(), signal)
      await pause(signal)
    }
    this.#desk.expect(models.filter((model) => !published.includes(model)))
  }

  async #bringBack(published: readonly BoundModel[], signal: AbortSignal): Promise<void> {
    if (published.length === 0) return
    for (const keeper of this.#desk.openWhole(published)) {
      const cut = this.#ledger.cutOf(keeper.shape.stream)
      while (!keeper.catchUp(cut, this.#size.bytesLimit)) await pause(signal)
      this.#folds.attach(keeper)
    }
    // Old versions would have to be told apart from the new ones that may fail with them: they go.
    if (this.#roster.hasLost) this.#roster.endSuccession()
    this.#desk.resume(published.filter((model) => this.#roster.isWhole(model)))
    while (!this.#desk.isIdle) {
      await this.#desk.advanceArrival()
      await this.#desk.advanceFilling()
      await pause(signal)
    }
  }

  /** One piece of whatever is to be done; sleeps where nothing is. */
  async #turn(signal: AbortSignal): Promise<void> {
    const stepped = await this.#steps.turn(this.#reader.cut(), signal)
    const arrived = await this.#desk.advanceArrival()
    const filled = await this.#desk.advanceFilling()
    if (filled !== null) await this.#desk.publish(filled, signal)
    this.#desk.retryFailed()
    if (stepped || arrived || filled !== null || this.#desk.isFilling) await pause(signal)
    else await this.#sleep(signal)
  }

  async #sleep(signal: AbortSignal): Promise<void> {
    const next = this.#signal.after(this.#ledger.cut, signal)
    await (this.#status.isAnyFailed ? Promise.race([next, this.#clock.sleep(IDLE_MS_LIMIT, signal)]) : next)
  }
}

/** A model that goes through rounds stays in this thread. */
function unitsIn(memory: StateMemory, workers: RunnerWorkers | undefined): MakeUnit {
  return (model) =>
    workers === undefined || isRecursive(model) ? new ModelUnit(model, memory) : new SpreadUnit(model, { host: workers, memory })
}

/** The log is being read by an observer that must never fail: a log that is closed has nothing newer. */
function newestCutOr(reader: LogReader, otherwise: number): number {
  try {
    return reader.cut()
  } catch {
    return otherwise
  }
}
