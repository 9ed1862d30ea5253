/** A function whose frame is the whole partition: all rows have one result. While that stays, only new rows are told of. */
import { valueAt, VectorBuilder } from '@millrace/core'
import type { PartitionView } from './partition-view.ts'
import type { Places } from './places.ts'
import type { ToldResults } from './told-results.ts'
import { lookAtAll, type LookedAt, type ReachEvaluator, type WindowEvaluator } from './window-evaluator.ts'

/** In a smaller partition looking at all rows costs less than finding out whether it is needed. */
const ROWS_LEAST = 8

export class UniformFrame implements WindowEvaluator {
  readonly #inner: ReachEvaluator
  readonly #told: ToldResults

  constructor(inner: ReachEvaluator, told: ToldResults) {
    this.#inner = inner
    this.#told = told
  }

  look(view: PartitionView, gaps: readonly Places[], into: LookedAt): void {
    const all = view.count >= ROWS_LEAST && this.#isTold(view, gaps) ? gaps : [{ from: 0, to: view.count }]
    for (const places of all) if (places.from < places.to) lookAtAll(this.#inner, view, { places, into })
  }

  /** Whether the result is the one that was told of a row that stands in no gap. */
  #isTold(view: PartitionView, gaps: readonly Places[]): boolean {
    const [first] = gaps
    if (first === undefined) return true
    const beside = first.from > 0 ? 0 : first.to
    if (beside >= view.count) return false
    const result = new VectorBuilder(this.#told.layout, 1)
    this.#inner.evaluate(view, { from: beside, to: beside + 1 }, result)
    const value = valueAt(result.finish(), 0)
    return this.#told.holds(view.slotAt(beside), typeof value === 'boolean' ? Number(value) : value)
  }
}
