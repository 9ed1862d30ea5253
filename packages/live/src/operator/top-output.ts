import type { Lane } from '@millrace/sql'
import { IntList, NumberList } from '../zset/growing-list.ts'
import type { RowTable } from '../zset/row-table.ts'
import { gatherLane, type ZBatch } from '../zset/z-batch.ts'

/** What is told of a row: how many copies, and the number of the first of them. */
export interface ToldRow {
  readonly copies: number
  readonly number: number
}

/** Collects what changes of the rows that an order's operator tells. */
export class TopOutput {
  readonly #numbering: 'none' | 'each' | 'shared'
  readonly #slots = new IntList()
  #weights = new NumberList()
  #numbers = new NumberList()

  /** `each`: every copy of a row has a number of its own; `shared`: all have the same. */
  constructor(numbering: 'none' | 'each' | 'shared') {
    this.#numbering = numbering
  }

  tell(slot: number, before: ToldRow, now: ToldRow): void {
    if (before.copies === now.copies && (before.number === now.number || before.copies === 0)) return
    if (this.#numbering === 'none' || (this.#numbering === 'shared' && before.number === now.number)) {
      this.#push(slot, now.number, now.copies - before.copies)
    } else if (this.#numbering === 'shared') {
      this.#push(slot, before.number, -before.copies)
      this.#push(slot, now.number, now.copies)
    } else {
      this.#pushDifference(slot, before, now, -1)
      this.#pushDifference(slot, now, before, 1)
    }
  }

  /** The change as a batch of the table's first columns; to be called before any slot is freed. */
  finish(table: RowTable, columns: number): ZBatch {
    const count = this.#slots.count
    const slots = this.#slots.values()
    const lanes: Lane[] = table.columns.slice(0, columns).map(({ layout, values, nulls }) => {
      return gatherLane({ layout, values: values as Lane['values'], nulls }, slots, count)
    })
    if (this.#numbering !== 'none') lanes.push({ layout: 'integer', values: this.#numbers.values(), nulls: null })
    const batch = { count, lanes, weights: this.#weights.values() }
    this.#slots.clear()
    this.#weights = new NumberList()
    this.#numbers = new NumberList()
    return batch
  }

  #pushDifference(slot: number, rows: ToldRow, without: ToldRow, weight: number): void {
    for (let number = rows.number; number < rows.number + rows.copies; number += 1) {
      if (number < without.number || number >= without.number + without.copies) this.#push(slot, number, weight)
    }
  }

  #push(slot: number, number: number, weight: number): void {
    if (weight === 0) return
    this.#slots.push(slot)
    this.#weights.push(weight)
    this.#numbers.push(number)
  }
}
