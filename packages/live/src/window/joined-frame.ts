/** STRING_AGG and LIST without an order of their own: the values of a frame's rows in the order of the window, as one text. */
import { CELL, type VectorBuilder } from '@millrace/core'
import type { JoinRule } from '../aggregate/join-accumulator.ts'
import { bagValueOf } from '../aggregate/value-order.ts'
import type { StoredColumn } from '../zset/row-table.ts'
import type { FrameFinder } from './frame.ts'
import type { PartitionView } from './partition-view.ts'
import type { Places } from './places.ts'
import { isTrue } from './running-extreme.ts'
import { lookAtReach, type LookedAt, type ReachEvaluator } from './window-evaluator.ts'

export interface JoinedColumns {
  readonly input: number
  /** Of the FILTER; -1 for none. */
  readonly condition: number
}

/** The places from one to before another, joined; null where no value counts. */
interface JoinedPlaces {
  readonly from: number
  readonly to: number
  readonly text: string | null
}

const NOTHING: JoinedPlaces = { from: -1, to: -1, text: null }

export class JoinedFrame implements ReachEvaluator {
  readonly #rule: JoinRule
  readonly #finder: FrameFinder
  readonly #read: JoinedColumns
  readonly #frame: number[] = []
  #last: JoinedPlaces = NOTHING

  constructor(rule: JoinRule, finder: FrameFinder, read: JoinedColumns) {
    this.#rule = rule
    this.#finder = finder
    this.#read = read
  }

  look(view: PartitionView, gaps: readonly Places[], into: LookedAt): void {
    lookAtReach(this, view, { gaps, into })
  }

  affected(view: PartitionView, gap: Places): Places {
    return this.#finder.affected(view, gap)
  }

  evaluate(view: PartitionView, { from, to }: Places, into: VectorBuilder): void {
    this.#last = NOTHING
    for (let place = from; place < to; place += 1) {
      this.#finder.locate(view, place, this.#frame)
      const text = this.#textOfFrame(view)
      if (text === null) into.pushCell(CELL.NULL)
      else into.pushText(this.#rule.opening + text + this.#rule.closing)
    }
    this.#last = NOTHING
  }

  #textOfFrame(view: PartitionView): string | null {
    let text: string | null = null
    for (let at = 0; at < this.#frame.length; at += 2) {
      text = this.#joined(text, this.#textOfPlaces(view, this.#frame[at] as number, this.#frame[at + 1] as number))
    }
    return text
  }

  /** Frames that grow from where the last one began say only what came to them. */
  #textOfPlaces(view: PartitionView, from: number, to: number): string | null {
    const last = this.#last
    const goesOn = last.from === from && last.to <= to
    let text = goesOn ? last.text : null
    for (let place = goesOn ? last.to : from; place < to; place += 1) text = this.#joined(text, this.#textOfRow(view, place))
    this.#last = { from, to, text }
    return text
  }

  #textOfRow(view: PartitionView, place: number): string | null {
    const { columns } = view.rows.table
    const { input, condition } = this.#read
    const slot = view.slotAt(place)
    if (condition >= 0 && !isTrue(columns[condition] as StoredColumn, slot)) return null
    const { layout, values, nulls } = columns[input] as StoredColumn
    const isNull = nulls !== null && nulls[slot] === 1
    if (isNull) return this.#rule.keepsNull ? this.#rule.textOf(null) : null
    return this.#rule.textOf(bagValueOf(layout, values[slot]))
  }

  #joined(before: string | null, text: string | null): string | null {
    return before === null || text === null ? (text ?? before) : before + this.#rule.separator + text
  }
}
