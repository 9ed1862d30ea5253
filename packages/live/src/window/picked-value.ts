/** What takes the value of another row: lag and lead by distance, first_value, last_value and nth_value by frame. */
import { CELL, type VectorBuilder } from '@millrace/core'
import type { StoredColumn } from '../zset/row-table.ts'
import { EligiblePlaces } from './eligible-places.ts'
import type { FrameFinder } from './frame.ts'
import type { PartitionView } from './partition-view.ts'
import type { Places } from './places.ts'
import type { ToldResults } from './told-results.ts'
import { type ForwardWalk, walkForward } from './walk-forward.ts'
import { lookAtReach, type LookedAt, type ReachEvaluator } from './window-evaluator.ts'

export interface PickedCall {
  readonly function: 'lag' | 'lead' | 'first_value' | 'last_value' | 'nth_value'
  /** Which of the table's columns are picked from, and taken where there is no row; -1 for NULL. */
  readonly column: number
  readonly otherwise: number
  readonly number: number
  readonly ignoreNulls: boolean
}

export class PickedValue implements ReachEvaluator, ForwardWalk {
  readonly #call: PickedCall
  readonly #finder: FrameFinder
  readonly #places: EligiblePlaces
  readonly #frame: number[] = []
  readonly #told: ToldResults

  constructor(call: PickedCall, finder: FrameFinder, told: ToldResults) {
    this.#told = told
    this.#call = call
    this.#finder = finder
    this.#places = new EligiblePlaces(call.ignoreNulls ? call.column : null)
  }

  /** The first value of frames that grow from the partition's first row stays the first of those that follow. */
  look(view: PartitionView, gaps: readonly Places[], into: LookedAt): void {
    if (this.#call.function !== 'first_value' || !this.#finder.isRunning) return lookAtReach(this, view, { gaps, into })
    this.#places.open(view)
    const reached = gaps.map((gap) => ({ from: this.#finder.affected(view, gap).from, to: gap.to }))
    walkForward(view, reached, { walk: this, into })
  }

  begin(): void {
    // Each row's frame tells its first value by itself.
  }

  step(view: PartitionView, place: number, into: VectorBuilder): boolean {
    const picked = view.rows.table.columns[this.#call.column] as StoredColumn
    const source = this.#ofFrame(view, place)
    const slot = source < 0 ? -1 : view.slotAt(source)
    if (slot < 0) into.pushCell(CELL.NULL)
    else pushStored(picked, slot, into)
    const isNull = slot < 0 || (picked.nulls !== null && picked.nulls[slot] === 1)
    return this.#told.holds(view.slotAt(place), isNull ? null : picked.values[slot])
  }

  affected(view: PartitionView, gap: Places): Places {
    const distance = this.#distance()
    if (distance === null) return this.#finder.affected(view, gap)
    if (this.#call.ignoreNulls) return distance < 0 ? { from: gap.from, to: view.count } : { from: 0, to: gap.to }
    const from = distance > 0 ? gap.from - distance : gap.from
    const to = distance < 0 ? gap.to - distance : gap.to
    return { from: Math.max(0, from), to: Math.min(view.count, to) }
  }

  evaluate(view: PartitionView, { from, to }: Places, into: VectorBuilder): void {
    this.#places.open(view)
    const { columns } = view.rows.table
    const picked = columns[this.#call.column] as StoredColumn
    const otherwise = columns[this.#call.otherwise]
    const distance = this.#distance()
    for (let place = from; place < to; place += 1) {
      const source = distance === null ? this.#ofFrame(view, place) : this.#places.from(place, distance)
      if (source >= 0) pushStored(picked, view.slotAt(source), into)
      else if (distance !== null && otherwise !== undefined) pushStored(otherwise, view.slotAt(place), into)
      else into.pushCell(CELL.NULL)
    }
  }

  /** How far off the row is that is looked at; null where the frame says. */
  #distance(): number | null {
    const { function: name, number } = this.#call
    if (name === 'lag') return number === 0 ? 0 : -number
    return name === 'lead' ? number : null
  }

  #ofFrame(view: PartitionView, place: number): number {
    this.#finder.locate(view, place, this.#frame)
    const { function: name, number } = this.#call
    if (name === 'last_value') return this.#places.lastOf(this.#frame)
    return this.#places.nthOf(this.#frame, name === 'first_value' ? 1 : number)
  }
}

function pushStored({ layout, values, nulls }: StoredColumn, slot: number, into: VectorBuilder): void {
  if (nulls !== null && nulls[slot] === 1) into.pushCell(CELL.NULL)
  else if (layout === 'boolean') into.pushBoolean(values[slot] === 1)
  else into.push(values[slot] as never)
}
