/** What numbers the rows of a partition: row_number, rank, dense_rank, percent_rank, cume_dist, ntile. */
import type { VectorBuilder } from '@millrace/core'
import type { PartitionView } from './partition-view.ts'
import type { Places } from './places.ts'
import type { ToldResults } from './told-results.ts'
import { type ForwardWalk, walkForward } from './walk-forward.ts'
import { lookAtReach, type LookedAt, type ReachEvaluator } from './window-evaluator.ts'

export type RankingFunction = 'row_number' | 'rank' | 'dense_rank' | 'percent_rank' | 'cume_dist' | 'ntile'

export interface RankingCall {
  readonly function: RankingFunction
  /** Of `ntile`. */
  readonly buckets: number
  readonly told: ToldResults
}

/** These look at what comes before a row alone. */
const LOOKS_BACK: ReadonlySet<RankingFunction> = new Set(['row_number', 'rank'])

export class Ranking implements ReachEvaluator, ForwardWalk {
  readonly #call: RankingCall
  #rank = 0

  constructor(call: RankingCall) {
    this.#call = call
  }

  look(view: PartitionView, gaps: readonly Places[], into: LookedAt): void {
    if (this.#call.function === 'dense_rank') walkForward(view, gaps, { walk: this, into })
    else lookAtReach(this, view, { gaps, into })
  }

  affected(view: PartitionView, { from }: Places): Places {
    return { from: LOOKS_BACK.has(this.#call.function) ? from : 0, to: view.count }
  }

  evaluate(view: PartitionView, { from, to }: Places, into: VectorBuilder): void {
    for (let place = from; place < to; place += 1) into.pushNumber(this.#at(view, place))
  }

  begin(view: PartitionView, place: number): void {
    this.#rank = place === 0 ? 0 : (this.#call.told.valueOf(view.slotAt(place - 1)) as number)
  }

  step(view: PartitionView, place: number, into: VectorBuilder): boolean {
    if (view.groupStart(place) === place) this.#rank += 1
    into.pushNumber(this.#rank)
    return this.#call.told.holds(view.slotAt(place), this.#rank)
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
}

/** The first buckets have one row more where the rows do not divide evenly. */
function bucketOf(place: number, count: number, buckets: number): number {
  const least = Math.floor(count / buckets)
  const larger = count - least * buckets
  const inLarger = larger * (least + 1)
  return place < inLarger ? Math.floor(place / (least + 1)) + 1 : larger + Math.floor((place - inLarger) / least) + 1
}
