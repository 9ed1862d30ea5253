/**
 * Where the frame of a row begins and ends, as places of its partition. Both only ever move forward from a
 * row to the next, so the rows whose frame can reach a change are found by bisection.
 */
import { assert } from '@millrace/base'
import { EvaluationFailure, type Frame, type FrameBound } from '@millrace/sql'
import { type ComparedColumn, compileComparer, type RowComparison, type RowComparer } from '../ordered/row-comparison.ts'
import type { PartitionView } from './partition-view.ts'
import type { Places } from './places.ts'

/** A place of the view for a row at a place. */
type Bound = (view: PartitionView, place: number) => number

export interface FrameContext {
  /** The order of the window; a range has exactly one column. */
  readonly order: readonly ComparedColumn[]
  /** Where a range's bound is stored. */
  readonly columnOf: (bound: FrameBound) => number
  readonly place: number | null
}

export class FrameFinder {
  readonly #frame: Frame
  readonly #start: Bound
  readonly #end: Bound
  readonly #isOrdered: boolean

  constructor(frame: Frame, context: FrameContext) {
    this.#frame = frame
    this.#isOrdered = context.order.length > 0
    this.#start = startOf(frame.start, context)
    this.#end = endOf(frame.end, context)
  }

  /** Whether it begins or ends with the partition, so that many rows share most of it. */
  get isOpen(): boolean {
    return this.#frame.start.edge === 'partition' || this.#frame.end.edge === 'partition'
  }

  /** Whether it is the whole partition for each row. */
  get isWhole(): boolean {
    const { start, end, exclude } = this.#frame
    // Without an order all rows tie, and are all in the frame up to the ties of the present one.
    const isToEnd = end.edge === 'partition' || (end.edge === 'current' && end.unit !== 'rows' && !this.#isOrdered)
    return start.edge === 'partition' && isToEnd && exclude === 'none'
  }

  /** Whether it goes from the partition's first row to the present one. */
  get isRunning(): boolean {
    const { start, end, exclude } = this.#frame
    return start.edge === 'partition' && end.edge === 'current' && exclude === 'none' && !this.isWhole
  }

  /** Adds to a list the places of a row's frame, without what it excludes: pairs of from and to, in order. */
  locate(view: PartitionView, place: number, into: number[]): void {
    into.length = 0
    const from = this.#start(view, place)
    const to = this.#end(view, place)
    const { exclude } = this.#frame
    if (exclude === 'none') return addPlaces(into, from, to)
    if (exclude === 'current') {
      addPlaces(into, from, Math.min(place, to))
      return addPlaces(into, Math.max(place + 1, from), to)
    }
    const groupStart = view.groupStart(place)
    const groupEnd = view.groupEnd(place)
    addPlaces(into, from, Math.min(groupStart, to))
    if (exclude === 'ties') addPlaces(into, Math.max(place, from), Math.min(place + 1, to))
    addPlaces(into, Math.max(groupEnd, from), to)
  }

  /** The rows whose frame can hold what changed between the places of a gap. */
  affected(view: PartitionView, { from: low, to: high }: Places): Places {
    const end = this.#end
    const start = this.#start
    const from = this.#frame.end.edge === 'partition' ? 0 : firstWhere(0, low, (place) => end(view, place) >= low)
    const to = this.#frame.start.edge === 'partition' ? view.count : firstWhere(high, view.count, (place) => start(view, place) > high)
    return { from, to }
  }
}

function addPlaces(into: number[], from: number, to: number): void {
  if (from < to) into.push(from, to)
}

/** The first place from which on a test holds. */
function firstWhere(from: number, to: number, holds: (place: number) => boolean): number {
  let [low, high] = [from, to]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}

function startOf(bound: FrameBound, context: FrameContext): Bound {
  if (bound.edge === 'partition') return () => 0
  if (bound.edge === 'current') return bound.unit === 'rows' ? (_, place) => place : (view, place) => view.groupStart(place)
  if (bound.unit === 'range') return rangeBound(bound, context, 'start')
  const offset = signedOffset(bound)
  if (bound.unit === 'rows') return (view, place) => clamped(place + offset, view.count)
  return ofGroups((view, place) => startOfGroup(view, place, offset))
}

function endOf(bound: FrameBound, context: FrameContext): Bound {
  if (bound.edge === 'partition') return (view) => view.count
  if (bound.edge === 'current') return bound.unit === 'rows' ? (_, place) => place + 1 : (view, place) => view.groupEnd(place)
  if (bound.unit === 'range') return rangeBound(bound, context, 'end')
  const offset = signedOffset(bound)
  if (bound.unit === 'rows') return (view, place) => clamped(place + offset + 1, view.count)
  // The groups up to one end where the next one begins.
  return ofGroups((view, place) => startOfGroup(view, place, offset + 1))
}

function signedOffset(bound: FrameBound & { edge: 'offset' }): number {
  assert(bound.offset.kind === 'constant', 'a number of rows is a constant')
  const offset = Number(bound.offset.value)
  return bound.following ? offset : -offset
}

function clamped(place: number, count: number): number {
  return place < 0 ? 0 : place > count ? count : place
}

/** The first place of the group so many behind that of a row, or before it; where there is none, that end of the partition. */
function startOfGroup(view: PartitionView, place: number, offset: number): number {
  let start = view.groupStart(place)
  for (let left = offset; left < 0 && start > 0; left += 1) start = view.groupStart(start - 1)
  for (let left = offset; left > 0 && start < view.count; left -= 1) start = view.groupEnd(start)
  return start
}

/** Rows that tie share their bounds: the last is remembered. */
function ofGroups(find: Bound): Bound {
  let known = { generation: -1, group: -1, result: 0 }
  return (view, place) => {
    const group = view.groupStart(place)
    const { generation } = view
    if (known.generation !== generation || known.group !== group) known = { generation, group, result: find(view, place) }
    return known.result
  }
}

/** A row without a value in the order has those for its frame that have none either. */
function rangeBound(
  bound: FrameBound & { edge: 'offset' },
  { order, columnOf, place: written }: FrameContext,
  side: 'start' | 'end',
): Bound {
  const [key] = order
  assert(key !== undefined && order.length === 1, 'a range has one order')
  const column = columnOf(bound)
  const comparer: RowComparer = compileComparer([{ ...key, right: column }])
  let [compare, generation]: [RowComparison, number] = [() => 0, -1]
  return (view, place) => {
    if (generation !== view.generation) [compare, generation] = [comparer(view.rows.table), view.generation]
    const slot = view.slotAt(place)
    const stored = view.rows.table.columns[column]
    if (stored !== undefined && stored.nulls !== null && stored.nulls[slot] === 1) {
      return side === 'start' ? view.groupStart(place) : view.groupEnd(place)
    }
    const own = compare(slot, slot)
    if (bound.following ? own > 0 : own < 0) throw new EvaluationFailure('the offset of a window frame is negative', written ?? -1)
    return view.countWhile(side === 'start' ? (other) => compare(other, slot) < 0 : (other) => compare(other, slot) <= 0)
  }
}
