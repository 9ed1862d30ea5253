import type { VectorBuilder } from '@millrace/core'
import type { PartitionView } from './partition-view.ts'
import type { Places } from './places.ts'

/** One window function. */
export interface WindowEvaluator {
  /** The rows whose result can differ after rows came or went within a gap; the gap's own are among them. */
  affected(view: PartitionView, gap: Places): Places
  /** Adds the results of the rows at some places, in order. `before` is the result of the row ahead of them. */
  evaluate(view: PartitionView, places: Places, into: VectorBuilder): void
}

/** What an evaluator is told of the rows that come and go, if it keeps something of each partition. */
export interface PartitionState {
  reserve(partitions: number): void
  /** Row `slots[i]` came to `partitions[i]`, or went. */
  change(slots: Int32Array, partitions: Int32Array, weights: Float64Array): void
  clear(partition: number): void
}
