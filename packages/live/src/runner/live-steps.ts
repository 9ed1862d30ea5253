/**
 * The steps of the running models: the log's next cuts, brought through every stream's fold and then every model,
 * and one commit with the new position and all that the models tell.
 *
 * What is large is taken in slices. The models take slice after slice, and what each tells is added up beside, so
 * that only the net difference is written: in parts, staged where nobody sees them, and then shown by the one commit.
 * So are the rows of the streams that change, which are staged whenever a slice has made them many.
 * Memory is bounded by the slice and by the limit of the state, not by the transaction. Between two slices models
 * that have nothing to do with it take their own steps (lanes.ts).
 */
import type { Clock } from '@millrace/base'
import type { Append, CutRange, LogReader } from '@millrace/core'
import type { ToldChange } from '../fold/told-change.ts'
import type { RelationChange } from '../operator/operator.ts'
import type { OutputOrigin } from '../output/encode-output.ts'
import type { StateMemory } from '../spill/state-memory.ts'
import type { ZBatch } from '../zset/z-batch.ts'
import type { FillingDesk } from './filling-desk.ts'
import type { FoldKeeper } from './fold-keeper.ts'
import type { FoldSet, SetStep } from './fold-set.ts'
import { busyStreams, type Lane, unrelatedTo } from './lanes.ts'
import type { LiveLedger } from './live-ledger.ts'
import type { LiveUnit } from './live-unit.ts'
import type { ModelRoster } from './model-roster.ts'
import { pause } from './pause.ts'
import { OUTPUT_ROWS_LIMIT, outputOf } from './publication.ts'
import type { ReadAhead } from './read-ahead.ts'
import { RelationTotal } from './relation-total.ts'
import { SliceSize, slicesOf } from './slice-batches.ts'
import type { StatusBoard } from './status-board.ts'
import type { StepMeter } from './step-meter.ts'
import type { StepSize } from './step-size.ts'
import { stepUnits } from './step-units.ts'

/** More changes than these are taken in slices. */
export const STEP_CHANGES_LIMIT = 131_072
/** With so many rows to be saved, as a share of the changes of a step, a stream's rows are staged. */
const STAGED_SHARE = 2
/** A stream with fewer changes does not keep those that read it from moving apart. */
const BUSY_SHARE = 8

export interface StepParts {
  readonly reader: LogReader
  readonly clock: Clock
  readonly memory: StateMemory
  readonly folds: FoldSet
  readonly roster: ModelRoster
  readonly status: StatusBoard
  readonly ledger: LiveLedger
  readonly desk: FillingDesk
  readonly meter: StepMeter
  readonly size: StepSize
  /** Only where workers compute meanwhile. */
  readonly ahead: ReadAhead | null
  readonly changesLimit: number
}

type Totals = ReadonlyMap<LiveUnit, RelationTotal>

export class LiveSteps {
  readonly #parts: StepParts

  constructor(parts: StepParts) {
    this.#parts = parts
  }

  /** A step of each lane; true where any found something. */
  async turn(untilCut: number, signal: AbortSignal): Promise<boolean> {
    let found = false
    for (const { isApart } of this.#parts.ledger.lanes) {
      const lane = this.#parts.ledger.lanes.find((each) => each.isApart === isApart)
      if (lane !== undefined && lane.cut < untilCut && (await this.#step(lane, untilCut, signal)) !== 'nothing') found = true
    }
    return found
  }

  async #step(lane: Lane, untilCut: number, signal: AbortSignal): Promise<'nothing' | 'stepped'> {
    this.#parts.desk.admitNewStreams(lane)
    const range = this.#read(lane, untilCut)
    if (this.#isLarge(range)) await this.#sliced(lane, range, signal)
    else if (!(await this.#plain(lane, range, { untilCut, signal }))) return 'nothing'
    return 'stepped'
  }

  #read(lane: Lane, untilCut: number): CutRange {
    const { folds, size, reader, ahead, ledger } = this.#parts
    const { cut: afterCut } = lane
    const streams = folds.streamsOf(lane)
    if (streams.length === 0) return { untilCut, batches: [] }
    const known = ledger.lanes.length > 1 ? null : ahead?.take(streams, afterCut)
    return known ?? reader.readCuts(streams, { afterCut, untilCut, bytesLimit: size.bytesLimit })
  }

  #isLarge({ batches }: CutRange): boolean {
    return batches.reduce((sum, { count }) => sum + count, 0) > this.#parts.changesLimit
  }

  /** False where the range had nothing of the lane's streams. */
  async #plain(lane: Lane, range: CutRange, { untilCut, signal }: { untilCut: number; signal: AbortSignal }): Promise<boolean> {
    const { folds, clock, size, meter, ledger, roster, desk, ahead } = this.#parts
    const startMs = clock.monotonicMs()
    const stepped = this.#stepFolds(range, lane)
    const isEmpty = range.batches.length === 0
    const wanted = { afterCut: range.untilCut, bytesLimit: size.bytesLimit }
    const readAhead = isEmpty || ledger.lanes.length > 1 ? undefined : ahead?.read(folds.streams, wanted)
    const appends: Append[] = []
    if (!isEmpty) {
      const origin = { asOf: range.untilCut, timeMicros: stepped.oldestMicros }
      for (const [{ model }, change] of await this.#stepUnits(stepped, lane, false)) {
        if (roster.isOld(model)) desk.supersede(model, change)
        appends.push(...this.#output({ model }, change, origin).appends)
      }
    }
    await readAhead
    if (!isEmpty) await desk.follow(stepped.changes)
    ledger.reached(lane, range.untilCut)
    if (isEmpty) return false
    const tookMs = clock.monotonicMs() - startMs
    meter.took(range.batches, tookMs)
    size.learn(tookMs, range.untilCut < untilCut)
    await ledger.commit({ appends }, signal)
    return true
  }

  async #sliced(whole: Lane, range: CutRange, signal: AbortSignal): Promise<void> {
    const { ledger, folds } = this.#parts
    // Nothing is staged beside the saved rows of another fold, which this one replaces.
    if ([...folds.keepers.values()].some(({ isNew }) => isNew)) await ledger.commit({}, signal)
    const lane = this.#apartFromOthers(whole, range)
    const own = range.batches.filter(({ stream }) => lane.has(stream))
    const keepers = folds.streamsOf(lane).map((stream) => folds.keepers.get(stream) as FoldKeeper)
    const totals = new Map<LiveUnit, RelationTotal>()
    const within = (isWithin: boolean): void => {
      for (const keeper of keepers) keeper.isWithinStep = isWithin
      ledger.isWithinStep = isWithin
    }
    within(true)
    try {
      const timeMicros = await this.#takeSlices({ untilCut: range.untilCut, batches: own }, { lane, totals, signal })
      const told = await this.#stage(totals, { lane, signal, origin: { asOf: range.untilCut, timeMicros } })
      within(false)
      ledger.reached(lane, range.untilCut)
      await ledger.commit(told, signal)
    } finally {
      for (const total of totals.values()) total.close()
    }
  }

  /** The lane of what the range changes much; the others, if there are any, move by themselves meanwhile. */
  #apartFromOthers(lane: Lane, range: CutRange): Lane {
    const { ledger, roster, changesLimit } = this.#parts
    if (ledger.lanes.length > 1) return lane
    const others = unrelatedTo(busyStreams(range, changesLimit / BUSY_SHARE), roster.all)
    if (others.size === 0) return lane
    ledger.part(others)
    return ledger.lanes.find(({ isApart }) => !isApart) as Lane
  }

  /** Adds up in `totals` what the models tell; returns when the oldest change was made. */
  async #takeSlices(range: CutRange, { lane, totals, signal }: SlicedStep): Promise<number> {
    const { clock, meter, desk, memory, folds, ledger, changesLimit } = this.#parts
    const rowsLeast = Math.ceil(changesLimit / STAGED_SHARE)
    const size = new SliceSize(changesLimit)
    const isWhole = (stream: string): boolean => folds.keepers.get(stream)?.takesWholeCuts === true
    let oldest = Infinity
    for (const { batches, isLast } of slicesOf(range.batches, size, isWhole)) {
      const startMs = clock.monotonicMs()
      const stepped = this.#stepFolds({ untilCut: range.untilCut, batches }, lane)
      if (stepped.oldestMicros > 0) oldest = Math.min(oldest, stepped.oldestMicros)
      for (const [unit, change] of await this.#stepUnits(stepped, lane, !isLast)) {
        const { layouts, model } = unit
        const total = totals.get(unit) ?? new RelationTotal({ layouts, key: model.schema.key }, memory)
        totals.set(unit, total)
        total.add(change)
      }
      await desk.follow(stepped.changes)
      const tookMs = clock.monotonicMs() - startMs
      meter.took(batches, tookMs)
      const changes = batches.reduce((sum, { count }) => sum + count, 0)
      size.learn(changes, tookMs)
      await this.#letOthers(lane, signal)
      if (await ledger.stageRows(rowsLeast, signal)) await this.#letOthers(lane, signal)
    }
    return Number.isFinite(oldest) ? oldest : 0
  }

  /** What is small is told by the commit itself; the rest is written before it, in parts that nobody sees. */
  async #stage(
    totals: Totals,
    { lane, signal, origin }: { lane: Lane; signal: AbortSignal; origin: OutputOrigin },
  ): Promise<{ appends: readonly Append[]; shown: readonly string[] }> {
    const { roster, ledger, desk } = this.#parts
    const appends: Append[] = []
    const shown: string[] = []
    for (const { unit, isOld } of roster.alive.map((each) => ({ unit: each, isOld: roster.isOld(each.model) }))) {
      const total = totals.get(unit)
      if (total === undefined) continue
      const isSmall = total.rowCount <= OUTPUT_ROWS_LIMIT
      let firstIndex = 0
      for (let rows = total.take(OUTPUT_ROWS_LIMIT); rows !== null; rows = total.take(OUTPUT_ROWS_LIMIT)) {
        const output = this.#output(unit, rows, { ...origin, firstIndex })
        firstIndex += output.changes
        // Also where the old versions have come to their end meanwhile: this is told all the same.
        if (isOld) desk.supersede(unit.model, rows)
        if (isSmall) appends.push(...output.appends)
        else {
          await ledger.stage(output.appends, signal)
          await this.#letOthers(lane, signal)
        }
      }
      if (!isSmall) shown.push(unit.model.name)
    }
    return { appends, shown }
  }

  /** What has nothing to do with a step that takes long goes on. What is large itself waits for its turn. */
  async #letOthers(lane: Lane, signal: AbortSignal): Promise<void> {
    await pause(signal)
    const other = this.#parts.ledger.lanes.find(({ isApart }) => isApart !== lane.isApart)
    const newestCut = this.#parts.reader.cut()
    if (other === undefined || other.cut >= newestCut) return
    this.#parts.desk.admitNewStreams(other)
    const range = this.#read(other, newestCut)
    if (!this.#isLarge(range)) await this.#plain(other, range, { untilCut: newestCut, signal })
  }

  #stepFolds(range: CutRange, lane: Lane): SetStep {
    const stepped = this.#parts.folds.step(range, lane)
    for (const [stream, error] of stepped.lost) this.#parts.roster.lose(stream, error)
    return stepped
  }

  /** The changes of the models that have an answer; what has none is taken out. */
  async #stepUnits({ changes }: SetStep, lane: Lane, isPartial: boolean): Promise<ReadonlyMap<LiveUnit, ZBatch>> {
    const { roster } = this.#parts
    const units = roster.alive.filter(({ model }) => lane.has(model.name))
    const stepped = await stepUnits(units, this.#relations(changes), isPartial)
    for (const [{ model }, step] of stepped) if (step.kind === 'failed') roster.failed(model, step.error)
    roster.dropFailed()
    const alive = new Set(roster.alive)
    return new Map(
      [...stepped].flatMap(([unit, step]) => (step.kind === 'stepped' && alive.has(unit) ? [[unit, step.change] as const] : [])),
    )
  }

  #output({ model }: Pick<LiveUnit, 'model'>, change: ZBatch, origin: OutputOrigin): ReturnType<typeof outputOf> {
    const output = outputOf(model, change, origin)
    if (output.changes > 0) this.#parts.status.published(model.name, output.changes)
    return output
  }

  #relations(changes: ReadonlyMap<string, ToldChange>): Map<string, RelationChange> {
    const { keepers } = this.#parts.folds
    return new Map([...changes].map(([stream, { batch }]) => [stream, (keepers.get(stream) as FoldKeeper).asRelation(batch)]))
  }
}

interface SlicedStep {
  readonly lane: Lane
  readonly totals: Map<LiveUnit, RelationTotal>
  readonly signal: AbortSignal
}
