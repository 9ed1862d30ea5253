/** Tells a stream's late changes from the others, cut by cut (see `Watermark` in core). */
import { assert } from '@millrace/base'
import {
  type Batch,
  CELL,
  columnIndex,
  DATE_INFINITY,
  OPERATION,
  sliceBatch,
  TIMESTAMP_INFINITY,
  type Type,
  type Vector,
  type Watermark,
} from '@millrace/core'

const DAY_SECONDS = 86_400
const MICROS = 1_000_000

/** A batch of the log, and the cut that it came with. */
export interface CutBatch {
  readonly cut: number
  readonly batch: Batch
}

export interface SortedChanges {
  readonly onTime: readonly Batch[]
  readonly late: readonly Batch[]
}

export class LateFilter {
  readonly #watermark: Watermark
  /** The greatest time that was told, in the column's own unit; null before the first. */
  #newest: number | null

  constructor(watermark: Watermark, newest: number | null) {
    this.#watermark = watermark
    this.#newest = newest
  }

  get newest(): number | null {
    return this.#newest
  }

  /** Whole cuts, in their order. */
  sort(changes: readonly CutBatch[]): SortedChanges {
    const onTime: Batch[] = []
    const late: Batch[] = []
    for (const [, cut] of Map.groupBy(changes, (change) => change.cut)) {
      const batches = cut.map(({ batch }) => batch)
      // What a truncated table tells next is told from its beginning.
      if (batches.some(({ operations }) => operations.includes(OPERATION.TRUNCATE))) this.#newest = null
      const newest = this.#newest
      for (const batch of batches) this.#split(batch, newest, { onTime, late })
      for (const batch of batches) this.#advance(batch)
    }
    return { onTime, late }
  }

  #split(batch: Batch, newest: number | null, { onTime, late }: { onTime: Batch[]; late: Batch[] }): void {
    const at = columnIndex(batch.schema, this.#watermark.column)
    if (newest === null || at < 0) {
      onTime.push(batch)
      return
    }
    const bound = newest - latenessIn(typeAt(batch, at), this.#watermark.latenessSeconds)
    const times = { after: batch.after[at] as Vector, before: batch.before?.[at] ?? null }
    for (let from = 0; from < batch.count;) {
      const fate = fateOf(batch, times, { row: from, bound })
      let to = from + 1
      while (to < batch.count && fateOf(batch, times, { row: to, bound }) === fate) to += 1
      const part = from === 0 && to === batch.count ? batch : sliceBatch(batch, from, to)
      if (fate !== 'late') onTime.push(takenOf(part, fate))
      if (fate !== 'taken') late.push(fate === 'comes' ? removal(part) : part)
      from = to
    }
  }

  #advance(batch: Batch): void {
    const at = columnIndex(batch.schema, this.#watermark.column)
    const times = batch.after[at]
    if (times === undefined) return
    const infinity = typeAt(batch, at).kind === 'date' ? DATE_INFINITY : Number(TIMESTAMP_INFINITY)
    for (let row = 0; row < batch.count; row += 1) {
      const time = timeAt(times, row)
      if (time !== null && Math.abs(time) < infinity && (this.#newest === null || time > this.#newest)) this.#newest = time
    }
  }
}

/** Of an update of a stream without a key, its row after may come alone, or its row before go alone. */
type Fate = 'taken' | 'late' | 'comes' | 'goes'

interface Times {
  readonly after: Vector
  readonly before: Vector | null
}

function fateOf({ operations, schema }: Batch, { after, before }: Times, { row, bound }: { row: number; bound: number }): Fate {
  const isAfterLate = (timeAt(after, row) ?? Infinity) < bound
  const isBeforeLate = before !== null && (timeAt(before, row) ?? Infinity) < bound
  if (!isAfterLate && !isBeforeLate) return 'taken'
  const isHalf = isAfterLate !== isBeforeLate && operations[row] === OPERATION.UPDATE && schema.key.length === 0
  if (!isHalf) return 'late'
  return isBeforeLate ? 'comes' : 'goes'
}

function takenOf(part: Batch, fate: Exclude<Fate, 'late'>): Batch {
  if (fate === 'taken') return part
  if (fate === 'goes') return removal(part)
  return { ...part, operations: new Uint8Array(part.count).fill(OPERATION.INSERT), before: null }
}

/** Updates as the removal of their rows before. */
function removal(part: Batch): Batch {
  assert(part.before !== null, 'an update of a stream without a key tells the row before')
  return { ...part, operations: new Uint8Array(part.count).fill(OPERATION.DELETE), after: part.before, before: null }
}

function typeAt(batch: Batch, at: number): Type {
  const column = batch.schema.columns[at]
  assert(column !== undefined, 'the column of the watermark is there')
  return column.type
}

/** In days of a date, in microseconds of a timestamp. */
export function latenessIn({ kind }: Type, seconds: number): number {
  return kind === 'date' ? seconds / DAY_SECONDS : seconds * MICROS
}

/** Null where no value was told. */
function timeAt({ values, cells }: Vector, row: number): number | null {
  return cells === null || cells[row] === CELL.VALUE ? Number(values[row]) : null
}
