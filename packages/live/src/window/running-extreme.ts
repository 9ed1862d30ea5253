/** MIN, MAX, BOOL_AND and BOOL_OR from the partition's first row to the present one: each follows from the one before. */
import { assert } from '@millrace/base'
import { CELL, type VectorBuilder } from '@millrace/core'
import { type BagValue, lessOf, type ValueLess } from '../aggregate/value-order.ts'
import type { StoredColumn } from '../zset/row-table.ts'
import type { FrameFinder } from './frame.ts'
import type { PartitionView } from './partition-view.ts'
import type { Places } from './places.ts'
import type { ToldResults } from './told-results.ts'
import { type ForwardWalk, walkForward } from './walk-forward.ts'
import type { LookedAt, WindowEvaluator } from './window-evaluator.ts'

export interface RunningExtremeCall {
  readonly wanted: 'min' | 'max'
  readonly column: number
  /** Of the FILTER; -1 for none. */
  readonly condition: number
  /** Rows that tie are all in the frame of each. */
  readonly ofPeers: boolean
}

export class RunningExtreme implements WindowEvaluator, ForwardWalk {
  readonly #call: RunningExtremeCall
  readonly #finder: FrameFinder
  readonly #told: ToldResults
  readonly #before: ValueLess
  #extreme: BagValue | null = null
  /** Rows before this place are in the extreme. */
  #next = 0

  constructor(call: RunningExtremeCall, finder: FrameFinder, told: ToldResults) {
    assert(told.layout !== 'float' && told.layout !== 'bytes', 'equal values are the same value')
    this.#call = call
    this.#finder = finder
    this.#told = told
    const less = lessOf(told.layout)
    this.#before = call.wanted === 'min' ? less : (left, right) => less(right, left)
  }

  look(view: PartitionView, gaps: readonly Places[], into: LookedAt): void {
    const reached = gaps.map((gap) => ({ from: this.#finder.affected(view, gap).from, to: gap.to }))
    walkForward(view, reached, { walk: this, into })
  }

  begin(view: PartitionView, place: number): void {
    this.#extreme = place === 0 ? null : (this.#told.valueOf(view.slotAt(place - 1)) as BagValue | null)
    this.#next = place
  }

  step(view: PartitionView, place: number, into: VectorBuilder): boolean {
    const end = this.#call.ofPeers ? view.groupEnd(place) : place + 1
    for (; this.#next < end; this.#next += 1) this.#take(view, view.slotAt(this.#next))
    const extreme = this.#extreme
    if (extreme === null) into.pushCell(CELL.NULL)
    else if (this.#told.layout === 'boolean') into.pushBoolean(extreme === 1)
    else into.push(extreme)
    return this.#told.holds(view.slotAt(place), extreme)
  }

  #take(view: PartitionView, slot: number): void {
    const { columns } = view.rows.table
    const { column, condition } = this.#call
    if (condition >= 0 && !isTrue(columns[condition] as StoredColumn, slot)) return
    const { values, nulls } = columns[column] as StoredColumn
    if (nulls !== null && nulls[slot] === 1) return
    const value = values[slot] as BagValue
    if (this.#extreme === null || this.#before(value, this.#extreme)) this.#extreme = value
  }
}

export function isTrue({ values, nulls }: StoredColumn, slot: number): boolean {
  return values[slot] === 1 && (nulls === null || nulls[slot] === 0)
}
