/** Models on their way to the running ones: their streams' folds arrive, they are filled, and what they tell first is published. */
import { type Clock, MillraceError } from '@millrace/base'
import type { LogReader } from '@millrace/core'
import type { BoundModel } from '@millrace/sql'
import type { ToldChange } from '../fold/told-change.ts'
import type { ZBatch } from '../zset/z-batch.ts'
import { type FilledModel, Filling } from './filling.ts'
import type { FoldKeeper } from './fold-keeper.ts'
import type { ColumnsRead, FoldSet } from './fold-set.ts'
import type { Lane } from './lanes.ts'
import type { LiveLedger } from './live-ledger.ts'
import type { MakeUnit } from './live-unit.ts'
import { columnsRead, withInputs } from './model-graph.ts'
import type { ModelRoster } from './model-roster.ts'
import { outputOfFilled, streamOf } from './publication.ts'
import { type FillSpeed, PublishedTexts } from './published-models.ts'
import type { StatusBoard } from './status-board.ts'
import type { StepSize } from './step-size.ts'

/** A shorter filling tells nothing of the speed of a long one. */
const SPEED_MS_MIN = 20

/** Folds that are on their way through the log, and the models that wait for them. */
interface Arrival {
  readonly folds: readonly FoldKeeper[]
  readonly models: readonly BoundModel[]
  /** Models whose streams hold their relation already. */
  readonly published: ReadonlySet<string>
}

export interface DeskParts {
  readonly reader: LogReader
  readonly clock: Clock
  readonly folds: FoldSet
  readonly roster: ModelRoster
  readonly status: StatusBoard
  readonly ledger: LiveLedger
  readonly size: StepSize
  readonly makeUnit: MakeUnit
}

export class FillingDesk {
  readonly #parts: DeskParts
  readonly #texts: PublishedTexts
  #arrival: Arrival | null = null
  #filling: Filling | null = null
  #sinceMs = 0
  #speed: FillSpeed | null = null

  constructor(parts: DeskParts) {
    this.#parts = parts
    this.#texts = new PublishedTexts(parts.reader)
  }

  /** Nothing is being filled, nor about to be. */
  get isIdle(): boolean {
    return this.#filling === null && this.#arrival === null
  }

  get isFilling(): boolean {
    return this.#filling !== null
  }

  forget(): void {
    this.#filling?.close()
    this.#filling = null
    this.#arrival = null
  }

  /** Fills what is published already, whose folds have come back. */
  resume(models: readonly BoundModel[]): void {
    this.#fill(models, new Set(models.map((model) => model.name)))
  }

  /** Opens the folds that models need; they are filled once these have caught up. */
  expect(models: readonly BoundModel[]): void {
    if (models.length === 0) return
    const { status, roster } = this.#parts
    for (const { name } of models) if (!status.isFailed(name)) status.setPhase(name, 'filling')
    const folds = this.openWhole(roster.all)
    this.#arrival = { folds, models: models.filter(({ name }) => !status.isFailed(name)), published: new Set() }
  }

  /** The folds that are missing for the models; a stream whose history is not whole fails its readers. */
  openWhole(models: readonly BoundModel[]): readonly FoldKeeper[] {
    const { folds, roster, ledger } = this.#parts
    return folds.missing(columnsRead(models), ledger.progress).filter((keeper) => {
      const { stream } = keeper.shape
      if (roster.isLost(stream)) return false
      try {
        keeper.checkHistory()
        return true
      } catch (error) {
        roster.lose(stream, error)
        return false
      }
    })
  }

  /** A stream that has come to the log since the last cut has all its changes still ahead. */
  admitNewStreams({ has, cut }: Lane): void {
    const { folds, roster, ledger } = this.#parts
    const wanted = columnsRead(roster.models)
    const unknown = [...wanted.keys()].filter((name) => has(name) && !folds.keepers.has(name) && !roster.isKnown(name))
    if (unknown.length === 0) return
    const waiting = new Set(this.#arrival?.folds.map((keeper) => keeper.shape.stream))
    const missing: ColumnsRead = new Map(
      unknown.filter((name) => !waiting.has(name)).map((name) => [name, wanted.get(name) ?? { names: new Set() }]),
    )
    for (const keeper of folds.missing(missing, { ...ledger.progress, folds: {} })) {
      keeper.catchUp(cut, Number.MAX_SAFE_INTEGER)
      folds.attach(keeper)
    }
  }

  /** True while folds are on their way. */
  async advanceArrival(): Promise<boolean> {
    const arrival = this.#arrival
    if (arrival === null) return false
    const { folds, ledger, size } = this.#parts
    for (const keeper of arrival.folds) {
      if (!keeper.catchUp(ledger.cutOf(keeper.shape.stream), size.bytesLimit)) return true
    }
    for (const keeper of arrival.folds) folds.attach(keeper)
    this.#arrival = null
    // What the models' streams hold is read then: all that was told must be in them.
    await ledger.commits.settled()
    this.#fill(arrival.models, arrival.published)
    return true
  }

  /** Null while it goes on, or where there is none. */
  async advanceFilling(): Promise<readonly FilledModel[] | null> {
    const filling = this.#filling
    if (filling === null) return null
    try {
      if (!(await filling.slice())) return null
      this.#filling = null
      const filled = filling.finish()
      this.#parts.roster.join(filled)
      const ms = Math.round(this.#parts.clock.monotonicMs() - this.#sinceMs)
      if (ms >= SPEED_MS_MIN) this.#speed = { rows: filling.rowsTold, ms }
      return filled
    } catch (error) {
      this.#failed(filling, error)
      return null
    }
  }

  /** What is being filled takes a step's changes too. */
  async follow(changes: ReadonlyMap<string, ToldChange>): Promise<void> {
    const filling = this.#filling
    if (filling === null) return
    try {
      await filling.follow(changes)
    } catch (error) {
      this.#failed(filling, error)
    }
  }

  /** What an old version has published the new one need not tell. */
  supersede(model: BoundModel, change: ZBatch): void {
    this.#filling?.supersede(model.name, change)
  }

  /** Writes what filled models add to their streams. */
  async publish(filled: readonly FilledModel[], signal: AbortSignal): Promise<void> {
    const told = filled.filter(({ difference }) => difference !== null)
    if (told.length === 0) return
    const { ledger, clock, status } = this.#parts
    const timeMicros = Math.round(clock.nowMs() * 1000)
    const streams = told.map(({ unit }) => streamOf(unit.model))
    const appends = told.flatMap((each) => {
      const { name } = each.unit.model
      const output = outputOfFilled(each, { asOf: ledger.cutOf(name), timeMicros })
      if (output.changes > 0) status.published(name, output.changes)
      return output.appends
    })
    const fingerprints = Object.fromEntries(told.map(({ unit: { model } }) => [model.name, model.fingerprint]))
    const models = { ...ledger.progress.models, ...fingerprints }
    ledger.publish(models)
    const written = told.map(({ unit }) => unit.model)
    const texts = this.#texts.publish(written, new Set(Object.keys(models)), this.#speed)
    await ledger.commit({ streams, appends, texts }, signal)
  }

  /** Models without an answer are tried again when their time has come and nothing else is being filled. */
  retryFailed(): void {
    if (!this.isIdle) return
    const { status } = this.#parts
    const models = status.dueAgain()
    if (models.length === 0) return
    for (const { name } of models) status.setPhase(name, 'filling')
    this.#fill(models, new Set())
  }

  #fill(models: readonly BoundModel[], published: ReadonlySet<string>): void {
    const { roster, folds, reader, makeUnit, clock, status } = this.#parts
    const targets = new Set(models.map((model) => model.name))
    const isOld = models.some((model) => roster.isOld(model))
    const all = isOld ? models : withInputs(roster.models, targets)
    const copies = new Set(all.map((model) => model.name).filter((name) => !targets.has(name)))
    this.#filling = all.length === 0 ? null : new Filling({ models: all, copies, published, makeUnit }, folds.keepers, reader)
    if (this.#filling === null) roster.endSuccession()
    this.#sinceMs = clock.monotonicMs()
    for (const name of targets) if (!published.has(name)) status.setPhase(name, 'filling')
  }

  /** The models that can still be filled begin anew without the one that failed, between two steps. */
  #failed(filling: Filling, error: unknown): void {
    const { roster, status } = this.#parts
    this.#filling = null
    filling.close()
    if (!(error instanceof MillraceError) || error.code !== 'LIVE_EVALUATION') throw error
    const failed = filling.models.find((model) => model.name === String(error.details['model']))
    const rest = filling.models.filter((model) => roster.models.includes(model))
    if (failed === undefined) roster.failReaders(String(error.details['model']), error)
    else roster.failed(failed, error)
    this.#arrival = { folds: [], models: rest.filter(({ name }) => !status.isFailed(name)), published: new Set() }
  }
}
