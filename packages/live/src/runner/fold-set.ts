/** The folds of all streams that live models read, all at one cut. */
import { MillraceError } from '@millrace/base'
import type { CutRange, LogReader, StateChange } from '@millrace/core'
import type { ToldChange } from '../fold/told-change.ts'
import { covers, foldShapeOf, type ReadColumns } from '../fold/fold-columns.ts'
import { savedOwners } from '../fold/saved-parts.ts'
import { StagedRows } from '../fold/staged-rows.ts'
import { FoldKeeper } from './fold-keeper.ts'
import { StateMemory } from '../spill/state-memory.ts'
import type { Lane } from './lanes.ts'
import type { LiveProgress, SavedFold } from './live-progress.ts'

/** Per stream what is read of it. */
export type ColumnsRead = ReadonlyMap<string, ReadColumns>

export interface SetStep {
  readonly changes: ReadonlyMap<string, ToldChange>
  /** Streams that cannot be read on: their folds are gone, what is saved of them stays. */
  readonly lost: ReadonlyMap<string, MillraceError>
  /** When the oldest of the changes was committed at its source. */
  readonly oldestMicros: number
}

export class FoldSet {
  readonly #reader: LogReader
  readonly #memory: StateMemory
  readonly #keepers = new Map<string, FoldKeeper>()
  readonly #staged = new StagedRows()
  #retired: readonly string[] = []

  constructor(reader: LogReader, memory: StateMemory = new StateMemory()) {
    this.#reader = reader
    this.#memory = memory
  }

  get streams(): readonly string[] {
    return [...this.#keepers.keys()]
  }

  get keepers(): ReadonlyMap<string, FoldKeeper> {
    return this.#keepers
  }

  get isEmpty(): boolean {
    return this.#keepers.size === 0
  }

  /** Takes a fold that has reached the cut of the others. */
  attach(keeper: FoldKeeper): void {
    this.#keepers.get(keeper.shape.stream)?.close()
    this.#keepers.set(keeper.shape.stream, keeper)
  }

  /**
   * New folds, read back or still to be filled, for the streams of the log whose present fold does not
   * hold the columns. A stream that the log does not know yet has no rows. A model's rows come from its
   * operators, step by step, whatever its stream holds.
   */
  missing(wanted: ColumnsRead, progress: LiveProgress): readonly FoldKeeper[] {
    const keepers: FoldKeeper[] = []
    for (const { name, schema, kind } of this.#reader.streams()) {
      const columns = wanted.get(name)
      if (columns === undefined || kind === 'model') continue
      const shape = foldShapeOf(name, schema, columns)
      const present = this.#keepers.get(name)
      if (present === undefined || !covers(present.shape, shape))
        keepers.push(FoldKeeper.open({ reader: this.#reader, memory: this.#memory }, shape, progress))
    }
    return keepers
  }

  /** The streams of a lane. */
  streamsOf({ has }: Lane): readonly string[] {
    return this.streams.filter(has)
  }

  /** Those of a lane go to the range's cut; without one, all. */
  step({ batches, untilCut }: CutRange, lane?: Lane): SetStep {
    const byStream = Map.groupBy(batches, (stored) => stored.stream)
    const changes = new Map<string, ToldChange>()
    const lost = new Map<string, MillraceError>()
    let oldest = Infinity
    for (const [stream, keeper] of this.#keepers) {
      if (lane?.has(stream) === false) continue
      try {
        const { change, oldestMicros } = keeper.step(byStream.get(stream) ?? [], untilCut)
        oldest = Math.min(oldest, oldestMicros)
        if (change.batch.count > 0) changes.set(stream, change)
      } catch (error) {
        if (!(error instanceof MillraceError) || error.retry === 'backoff') throw error
        keeper.close()
        this.#keepers.delete(stream)
        this.#staged.abandon(stream)
        lost.set(stream, error)
      }
    }
    return { changes, lost, oldestMicros: Number.isFinite(oldest) ? oldest : 0 }
  }

  clear(): void {
    for (const keeper of this.#keepers.values()) keeper.close()
    this.#keepers.clear()
    this.#staged.forget()
  }

  /** Streams that no model reads any more: what is saved of them goes with the next commit. */
  retire(streams: readonly string[]): void {
    this.#retired = streams
  }

  takeRetired(): readonly string[] {
    const streams = this.#retired
    this.#retired = []
    return streams
  }

  /** What is due to be saved with the next commit; everything, if `all`. */
  save(nowMs: number, all: boolean): StateChange | null {
    const changes: StateChange[] = [{ clear: this.#retired.flatMap((stream) => savedOwners(this.#reader, stream)) }]
    for (const [stream, keeper] of this.#keepers) {
      const isDue = keeper.needsSaving(nowMs) || this.#staged.has(stream) || (all && keeper.fold.dirtyCount > 0)
      if (keeper.isWithinStep || !isDue) continue
      changes.push(this.#staged.show(stream), keeper.save(nowMs))
    }
    changes.push(this.#staged.takeAbandoned())
    return together(changes)
  }

  /** What can be written already of folds that are within a step: of those with so many rows to be saved. */
  stage(rowsLeast: number): StateChange | null {
    const changes: StateChange[] = []
    for (const [stream, { isWithinStep, fold }] of this.#keepers) {
      if (isWithinStep && fold.dirtyCount >= rowsLeast) changes.push(this.#staged.stage(stream, fold.saveRows()))
    }
    return together(changes)
  }

  describe(): Readonly<Record<string, SavedFold>> {
    return Object.fromEntries([...this.#keepers].map(([stream, keeper]) => [stream, keeper.describe()]))
  }
}

/** All of several changes in one; null where there is nothing in them. */
function together(changes: readonly StateChange[]): StateChange | null {
  const put = changes.flatMap((change) => change.put ?? [])
  const remove = changes.flatMap((change) => change.remove ?? [])
  const clear = changes.flatMap((change) => change.clear ?? [])
  return put.length + remove.length + clear.length === 0 ? null : { put, remove, clear }
}
