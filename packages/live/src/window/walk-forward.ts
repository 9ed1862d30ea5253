/**
 * Functions whose result for a row follows from the result for the row before and from the row itself. Behind
 * a change they are reckoned row by row, until one is what it was: then so are all that follow, up to the next
 * change. A running maximum that stays the same is told at the cost of one row, and not of the partition.
 */
import type { VectorBuilder } from '@millrace/core'
import type { PartitionView } from './partition-view.ts'
import type { Places } from './places.ts'
import type { LookedAt } from './window-evaluator.ts'

export interface ForwardWalk {
  /** Makes ready for the row at a place. What was told of the row before it holds. */
  begin(view: PartitionView, place: number): void
  /** Adds the result of the next row; tells whether it was told of this row already. */
  step(view: PartitionView, place: number, into: VectorBuilder): boolean
}

/** `gaps`: from the first row of which something else may have to be told to behind the last that came. */
export function walkForward(view: PartitionView, gaps: readonly Places[], { walk, into }: { walk: ForwardWalk; into: LookedAt }): void {
  let next = 0
  while (next < gaps.length) {
    const first = gaps[next] as Places
    let least = first.to
    next += 1
    walk.begin(view, first.from)
    for (let place = first.from; place < view.count; place += 1) {
      for (; next < gaps.length && (gaps[next] as Places).from <= place; next += 1) least = Math.max(least, (gaps[next] as Places).to)
      const isTold = walk.step(view, place, into.results)
      into.slots.push(view.slotAt(place))
      if (isTold && place >= least) break
    }
  }
}
