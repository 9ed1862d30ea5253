/** What numbers the rows of a partition: row_number, rank, dense_rank, percent_rank, cume_dist, ntile. */
import type { VectorBuilder } from '@millrace/core'
import type { PartitionView } from './partition-view.ts'
import type { Places } from './places.ts'
import type { WindowEvaluator } from './window-evaluator.ts'

export type RankingFunction = 'row_number' | 'rank' | 'dense_rank' | 'percent_rank' | 'cume_dist' | 'ntile'

export interface RankingCall {
  readonly function: RankingFunction
  /** Of `ntile`. */
  readonly buckets: number
  /** The result that is stored for a slot. */
  readonly storedOf: (slot: number) => number
}

/** These look at what comes before a row alone. */
const LOOKS_BACK: ReadonlySet<RankingFunction> = new Set(['row_number', 'rank', 'dense_rank'])

export class Ranking implements WindowEvaluator {
  readonly #call: RankingCall

  constructor(call: RankingCall) {
    this.#call = call
  }

  affected(view: PartitionView, { from }: Places): Places {
    return { from: LOOKS_BACK.has(this.#call.function) ? from : 0, to: view.count }
  }

  evaluate(view: PartitionView, { from, to }: Places, into: VectorBuilder): void {
    if (this.#call.function === 'dense_rank') return this.#evaluateDense(view, { from, to }, into)
    for (let place = from; place < to; place += 1) into.pushNumber(this.#at(view, place))
  }

  #at(view: PartitionView, place: number): number {
    const { count } = view
    switch (this.#call.function) {
      case 'rank':
        return view.groupStart(place) + 1
      case 'percent_rank':
        return count > 1 ? view.groupStart(place) / (count - 1) : 0
      case 'cume_dist':
        return view.groupEnd(place) / count
      case 'ntile':
        return bucketOf(place, count, this.#call.buckets)
      default:
        return place + 1
    }
  }

  #evaluateDense(view: PartitionView, { from, to }: Places, into: VectorBuilder): void {
    let rank = from === 0 ? 0 : this.#call.storedOf(view.slotAt(from - 1))
    for (let place = from; place < to; place += 1) {
      if (view.groupStart(place) === place) rank += 1
      into.pushNumber(rank)
    }
  }
}

/** The first buckets have one row more where the rows do not divide evenly. */
function bucketOf(place: number, count: number, buckets: number): number {
  const least = Math.floor(count / buckets)
  const larger = count - least * buckets
  const inLarger = larger * (least + 1)
  return place < inLarger ? Math.floor(place / (least + 1)) + 1 : larger + Math.floor((place - inLarger) / least) + 1
}
