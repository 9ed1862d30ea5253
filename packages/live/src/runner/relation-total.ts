/** Changes of one relation added up, so that only their net difference is told. It is a state like any other: it spills. */
import type { Layout } from '@millrace/core'
import { partitionHashes } from '../spill/partition-hash.ts'
import { LaneWriter, putRows, readLanes, takeRows } from '../spill/saved-lanes.ts'
import { StateMemory } from '../spill/state-memory.ts'
import { StateScope } from '../spill/state-scope.ts'
import type { PartForm, StatePart, StateTree } from '../spill/state-tree.ts'
import { Arrangement } from '../zset/arrangement.ts'
import { ArrangementShape } from '../zset/arrangement-shape.ts'
import { hashRows } from '../zset/row-hash.ts'
import { concatBatches, gatherBatch, negated, type ZBatch } from '../zset/z-batch.ts'

/** So many rows are taken at a time where all of them are wanted. */
const ROWS_AT_ONCE = 65_536

export class RelationTotal {
  readonly #layouts: readonly Layout[]
  /** The rows of one key are told together; without a key each row by itself. */
  readonly #key: readonly number[]
  readonly #memory: StateMemory
  readonly #scope: StateScope
  readonly #tree: StateTree<TotalPart>
  readonly #rowCounts = new Map<number, number>()

  constructor({ layouts, key }: { layouts: readonly Layout[]; key: readonly number[] }, memory: StateMemory = new StateMemory()) {
    this.#layouts = layouts
    this.#key = key.length > 0 ? key : layouts.map((_, at) => at)
    this.#memory = memory
    this.#scope = new StateScope(memory)
    this.#tree = this.#scope.tree(totalForm(new ArrangementShape(layouts, this.#key), this.#rowCounts))
  }

  /** How many different rows the difference has. */
  get rowCount(): number {
    return [...this.#rowCounts.values()].reduce((sum, rows) => sum + rows, 0)
  }

  add(batch: ZBatch): void {
    if (batch.count === 0) return
    const hashes = hashRows(batch.lanes, this.#key, batch.count)
    if (this.#tree.isWhole) {
      this.#tree.whole((part) => part.rows.apply(batch, hashes))
      return
    }
    this.#tree.visit([partitionHashes(batch.lanes, this.#key, hashes)], (part, [rows]) => {
      const chosen = rows as Int32Array
      part.rows.apply(
        gatherBatch(batch, chosen, chosen.length),
        chosen.map((row) => hashes[row] as number),
      )
    })
  }

  subtract(batch: ZBatch): void {
    this.add(negated(batch))
  }

  /** The next rows, about as many as asked for, which are not there any more then; null once there are none. */
  take(rowsLimit: number): ZBatch | null {
    for (const [label, count] of this.#rowCounts) {
      if (count === 0) continue
      const taken: ZBatch[] = []
      this.#tree.part(label, (part) => taken.push(part.take(rowsLimit)))
      return taken[0] as ZBatch
    }
    return null
  }

  /** All rows at once; there are none left. */
  takeAll(): ZBatch {
    const taken: ZBatch[] = []
    for (let batch = this.take(ROWS_AT_ONCE); batch !== null; batch = this.take(ROWS_AT_ONCE)) taken.push(batch)
    return concatBatches(taken, this.#layouts)
  }

  close(): void {
    this.#memory.release(this.#scope)
  }
}

class TotalPart implements StatePart {
  readonly rows: Arrangement
  /** Slots below have been taken. */
  #next = 0

  constructor(shape: ArrangementShape) {
    this.rows = new Arrangement(shape)
  }

  get bytes(): number {
    return this.rows.bytes
  }

  take(rowsLimit: number): ZBatch {
    const { slots, next } = this.rows.slotsByKey(this.#next, rowsLimit)
    const batch = this.rows.rowsAt(slots)
    this.#next = next
    this.rows.remove(slots)
    return batch
  }
}

/** `rowCounts`: kept of each part, also of those that are in the scratch file. */
function totalForm(shape: ArrangementShape, rowCounts: Map<number, number>): PartForm<TotalPart> {
  const { keyColumns } = shape
  const filled = (batch: ZBatch): TotalPart => {
    const part = new TotalPart(shape)
    if (batch.count > 0) part.rows.load(batch, hashRows(batch.lanes, keyColumns, batch.count))
    return part
  }
  return {
    empty: () => new TotalPart(shape),
    encode: ({ rows }) => {
      const writer = new LaneWriter()
      putRows(writer, rows.rowsAt(rows.slots()))
      return writer.encode()
    },
    decode: (bytes) => filled(takeRows(readLanes(bytes))),
    rows: ({ rows }) => {
      const batch = rows.rowsAt(rows.slots())
      const { lanes, count } = batch
      return {
        hashes: partitionHashes(lanes, keyColumns, hashRows(lanes, keyColumns, count)),
        choose: (chosen) => filled(gatherBatch(batch, chosen, chosen.length)),
      }
    },
    changed: (label, { rows }) => rowCounts.set(label, rows.table.rowCount),
    gone: (label) => rowCounts.delete(label),
  }
}
