import type { VectorBuilder } from '@millrace/core'
import type { IntList } from '../zset/growing-list.ts'
import type { PartitionView } from './partition-view.ts'
import { joinedPlaces, type Places } from './places.ts'

/** Results and the slots of their rows, in the same order. */
export interface LookedAt {
  readonly results: VectorBuilder
  readonly slots: IntList
}

/** One window function. */
export interface WindowEvaluator {
  /**
   * Adds the results of all rows of which something else may have to be told after rows came or went within
   * some gaps; the gaps' own rows are among them. The gaps are in order and neither touch nor overlap.
   */
  look(view: PartitionView, gaps: readonly Places[], into: LookedAt): void
}

/** One that can say at once how far a change reaches. */
export interface ReachEvaluator extends WindowEvaluator {
  /** The rows whose result can differ after rows came or went within a gap; the gap's own are among them. */
  affected(view: PartitionView, gap: Places): Places
  /** Adds the results of the rows at some places, in order. */
  evaluate(view: PartitionView, places: Places, into: VectorBuilder): void
}

/** Looks at all rows that the gaps can reach. */
export function lookAtReach(
  evaluator: ReachEvaluator,
  view: PartitionView,
  { gaps, into }: { gaps: readonly Places[]; into: LookedAt },
): void {
  for (const places of joinedPlaces(gaps.map((gap) => evaluator.affected(view, gap)))) lookAtAll(evaluator, view, { places, into })
}

export function lookAtAll(evaluator: ReachEvaluator, view: PartitionView, { places, into }: { places: Places; into: LookedAt }): void {
  evaluator.evaluate(view, places, into.results)
  for (let place = places.from; place < places.to; place += 1) into.slots.push(view.slotAt(place))
}

/** What an evaluator is told of the rows that come and go, if it keeps something of each partition. */
export interface PartitionState {
  reserve(partitions: number): void
  /** Row `slots[i]` came to `partitions[i]`, or went. */
  change(slots: Int32Array, partitions: Int32Array, weights: Float64Array): void
  clear(partition: number): void
  /** About what it takes in memory. */
  readonly bytes: number
}
