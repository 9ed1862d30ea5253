/**
 * One stream's fold in its life beside the store: read back at the start, filled from the log where
 * there is none that serves, stepped with every cut, saved now and then.
 */
import { MillraceError } from '@millrace/base'
import {
  type Batch,
  type Column,
  columnIndex,
  type LogReader,
  OPERATION,
  sameType,
  sqlNameOf,
  type StateChange,
  type StoredBatch,
} from '@millrace/core'
import { covers, type FoldShape } from '../fold/fold-columns.ts'
import { PartitionedFold } from '../fold/partitioned-fold.ts'
import { savedOwners } from '../fold/saved-parts.ts'
import type { ToldChange } from '../fold/told-change.ts'
import { type CutBatch, LateFilter } from '../late/late-filter.ts'
import type { RelationChange } from '../operator/operator.ts'
import type { StateMemory } from '../spill/state-memory.ts'
import { StateScope } from '../spill/state-scope.ts'
import type { ZBatch } from '../zset/z-batch.ts'
import type { LiveProgress, SavedFold } from './live-progress.ts'

/** Changed rows that may wait to be saved; up to as many, and the log behind them, are read at a restart. */
const UNSAVED_ROWS_LIMIT = 32_768
const UNSAVED_AGE_MS_LIMIT = 30_000

/** Where saved rows are read, and where they lie then. */
export interface FoldPlace {
  readonly reader: LogReader
  readonly memory: StateMemory
}

export interface FoldStep {
  readonly change: ToldChange
  /** When the oldest of the changes was committed at its source; Infinity for none. */
  readonly oldestMicros: number
}

export class FoldKeeper {
  fold: PartitionedFold
  /** What its rows take of memory. */
  scope: StateScope
  readonly #memory: StateMemory
  readonly #reader: LogReader
  readonly #columns: ReadonlyMap<string, number>
  /** Null where nothing of the stream is ever late. */
  #late: LateFilter | null
  /** The cut whose rows it holds. */
  cut: number
  /** It has taken a part of the changes of its cut: what it holds must not be saved. */
  isWithinStep = false
  #savedAt: Pick<SavedFold, 'through' | 'positions' | 'rows' | 'watermark'>
  /** Per partition the position after the last change taken. */
  readonly #positions: Map<number, number>
  /** A fold that is filled anew replaces all that was saved of the stream, under these names; null for one that was read back. */
  #replaced: readonly string[] | null
  #savedAtMs: number | null = null

  private constructor({ reader, memory }: FoldPlace, shape: FoldShape, saved: SavedFold | null) {
    this.#reader = reader
    this.#memory = memory
    this.scope = new StateScope(memory)
    this.fold = new PartitionedFold(shape, this.scope)
    this.#columns = new Map(shape.columns.map((column, at) => [column.name, at]))
    this.cut = saved?.through ?? 0
    this.#savedAt = { through: this.cut, positions: saved?.positions ?? [], rows: saved?.rows ?? 0 }
    this.#positions = new Map(this.#savedAt.positions)
    this.#replaced = saved === null ? savedOwners(reader, shape.stream) : null
    this.#late = lateFilterOf(shape, saved?.watermark?.newest ?? null)
    if (saved?.watermark !== undefined) this.#savedAt = { ...this.#savedAt, watermark: saved.watermark }
    if (saved !== null) this.fold.load(reader)
  }

  /** The saved fold if it serves, else an empty one that is to be filled from the first cut. */
  static open(place: FoldPlace, wanted: FoldShape, progress: LiveProgress): FoldKeeper {
    const saved = progress.folds[wanted.stream]
    const shape = saved === undefined ? null : savedShape(wanted.stream, saved)
    // A column that the stream has lost since could not be followed any further.
    const present = place.reader.stream(wanted.stream).schema
    const follows = shape?.columns.every(({ name }) => columnIndex(present, name) >= 0) === true
    if (saved !== undefined && shape !== null && follows && covers(shape, wanted)) return new FoldKeeper(place, shape, saved)
    return new FoldKeeper(place, wanted, null)
  }

  get shape(): FoldShape {
    return this.fold.shape
  }

  get stateRows(): number {
    return this.fold.rowCount
  }

  /** Which changes of a cut are late is told from all of the cut. */
  get takesWholeCuts(): boolean {
    return this.#late !== null
  }

  /** Raises LIVE_HISTORY_TRIMMED where changes that it still needs are not in the log any more. */
  checkHistory(): void {
    const { stream } = this.shape
    if (!this.#reader.streams().some((known) => known.name === stream)) return
    for (const { partition, first } of this.#reader.extents(stream)) this.#checkPosition(partition, first)
  }

  /** Takes the next batches of the log, at most about `bytesLimit`; true once it has reached the cut. */
  catchUp(untilCut: number, bytesLimit: number): boolean {
    const { stream } = this.shape
    const known = this.#reader.streams().some((info) => info.name === stream)
    if (this.cut < untilCut && known) {
      const range = this.#reader.readCuts([stream], { afterCut: this.cut, untilCut, bytesLimit })
      try {
        this.step(range.batches, range.untilCut)
      } catch (error) {
        const isOldShape = error instanceof MillraceError && error.code === 'LIVE_SCHEMA_CHANGED'
        if (!isOldShape || !this.#startAfterTruncation(untilCut)) throw error
      }
    } else this.cut = untilCut
    return this.cut >= untilCut
  }

  /**
   * Rows of a shape that the present one cannot hold do not matter where all rows went after them, as they
   * do when a table is taken in another shape: the fold begins anew just before. False where they did not.
   */
  #startAfterTruncation(untilCut: number): boolean {
    const { stream } = this.shape
    let truncated = -1
    for (const stored of this.#reader.read(stream, { afterCut: this.cut, untilCut })) {
      if (stored.batch().operations.includes(OPERATION.TRUNCATE)) truncated = stored.cut
    }
    if (this.#replaced === null || truncated < 0) return false
    const { shape } = this
    this.close()
    this.scope = new StateScope(this.#memory)
    this.fold = new PartitionedFold(shape, this.scope)
    this.#late = lateFilterOf(this.shape, null)
    this.cut = truncated - 1
    for (const { partition, next } of this.#reader.extents(stream)) {
      const [first] = this.#reader.read(stream, { afterCut: this.cut, partition, bytesLimit: 1 })
      this.#positions.set(partition, first?.first ?? next)
    }
    return true
  }

  step(stored: readonly StoredBatch[], cut: number): FoldStep {
    const taken = stored.map((one): CutBatch => ({ cut: one.cut, batch: this.#taken(one) }))
    const batches = this.#late === null ? taken.map(({ batch }) => batch) : this.#late.sort(taken).onTime
    const change = this.fold.step(batches)
    this.cut = cut
    return { change, oldestMicros: batches.reduce((oldest, batch) => oldestOf(batch.times, oldest), Infinity) }
  }

  asRelation(batch: ZBatch): RelationChange {
    return { batch, laneIndex: (column) => this.#columns.get(column) ?? -1 }
  }

  /** What is saved of its stream is another fold, which stays until this one is saved. */
  get isNew(): boolean {
    return this.#replaced !== null
  }

  needsSaving(nowMs: number): boolean {
    this.#savedAtMs ??= nowMs
    const waiting = this.fold.dirtyCount
    return this.#replaced !== null || waiting >= UNSAVED_ROWS_LIMIT || (waiting > 0 && nowMs - this.#savedAtMs >= UNSAVED_AGE_MS_LIMIT)
  }

  /** Its rows are of no further use. */
  close(): void {
    this.#memory.release(this.scope)
  }

  /** What the next commit must write; the fold counts as saved from then on. */
  save(nowMs: number): StateChange {
    const change = this.fold.save()
    const clear = [...(change.clear ?? []), ...(this.#replaced ?? [])]
    this.#replaced = null
    const { watermark } = this.shape
    const late = watermark === undefined || this.#late === null ? {} : { watermark: { ...watermark, newest: this.#late.newest } }
    this.#savedAt = { through: this.cut, positions: [...this.#positions], rows: this.stateRows, ...late }
    this.#savedAtMs = nowMs
    return { ...change, clear }
  }

  describe(): SavedFold {
    const { columns, key } = this.shape
    return { columns, key, ...this.#savedAt }
  }

  /** The next batch of its partition: none before it may be missing. */
  #taken(stored: StoredBatch): Batch {
    this.#checkPosition(stored.partition, stored.first)
    this.#positions.set(stored.partition, stored.first + stored.count)
    const batch = stored.batch()
    this.#checkColumns(batch)
    return batch
  }

  #checkPosition(partition: number, first: number): void {
    const { stream } = this.shape
    if (first > (this.#positions.get(partition) ?? 0)) {
      throw new MillraceError('LIVE_HISTORY_TRIMMED', { details: { stream, first } })
    }
  }

  /**
   * A batch may lack a column only if it was written before the column came to be. One of the stream's newest
   * type, where another was bound, may hold what the bound one has no room for: models are to be bound anew.
   */
  #checkColumns(batch: Batch): void {
    for (const column of this.shape.columns) {
      const found = batch.schema.columns[columnIndex(batch.schema, column.name)]
      if (found !== undefined) {
        this.#checkType(column, found)
        continue
      }
      const present = this.#reader.stream(this.shape.stream).schema
      if (columnIndex(present, column.name) >= 0) continue
      const details = {
        model: 'A model',
        stream: this.shape.stream,
        column: column.name,
        expected: column.type.kind,
        found: 'no such column',
      }
      throw new MillraceError('LIVE_SCHEMA_CHANGED', { details })
    }
  }

  #checkType({ name, type }: Column, found: Column): void {
    if (sameType(type, found.type)) return
    const { stream } = this.shape
    const { columns } = this.#reader.stream(stream).schema
    const present = columns.find((column) => column.name === name)
    if (present === undefined || !sameType(present.type, found.type)) return
    throw new MillraceError('LIVE_SCHEMA_CHANGED', {
      details: { stream, column: name, expected: sqlNameOf(type), found: sqlNameOf(found.type) },
    })
  }
}

function savedShape(stream: string, { columns, key, watermark }: SavedFold): FoldShape {
  return { stream, columns, key, ...(watermark === undefined ? {} : { watermark }) }
}

function lateFilterOf({ watermark }: FoldShape, newest: number | null): LateFilter | null {
  return watermark === undefined ? null : new LateFilter(watermark, newest)
}

function oldestOf(times: Float64Array, before: number): number {
  let oldest = before
  for (const time of times) if (time < oldest) oldest = time
  return oldest
}
