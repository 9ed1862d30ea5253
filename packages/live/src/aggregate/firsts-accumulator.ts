/** MIN, MAX, ARG_MIN and ARG_MAX of the first n: the values of the rows that stand first in an order, as a list. */
import { CELL, listText, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import type { Accumulator, WeightedRows } from './accumulator.ts'
import { GroupedBags } from './grouped-bags.ts'
import { isAnyNull } from './pick-accumulator.ts'
import { keyAt, type KeyColumn, partOf } from './sort-order.ts'
import type { BagValue } from './value-order.ts'

export interface FirstsRule {
  readonly columns: readonly KeyColumn[]
  /** Which of the columns is told. */
  readonly value: number
  /** Rows in which one of these lanes is NULL do not count. */
  readonly required: readonly number[]
  readonly count: number
  readonly distinct: boolean
  readonly textOf: (value: BagValue | null) => string
}

export class FirstsAccumulator implements Accumulator {
  readonly state: GroupedBags
  readonly #rule: FirstsRule

  constructor(rule: FirstsRule) {
    this.state = new GroupedBags(rule.columns, rule)
    this.#rule = rule
  }

  add(slots: Int32Array, { count, lanes, weights }: WeightedRows): void {
    const { columns, required } = this.#rule
    for (let row = 0; row < count; row += 1) {
      if (!isAnyNull(lanes, required, row)) this.state.change(slots[row] as number, keyAt(columns, lanes, row), weights[row] as number)
    }
  }

  results(slots: Int32Array, count: number): Lane {
    const builder = new VectorBuilder('text', count)
    for (let at = 0; at < count; at += 1) {
      const slot = slots[at] as number
      const rows = Math.min(this.#rule.count, this.state.count(slot))
      if (rows === 0) builder.pushCell(CELL.NULL)
      else builder.pushText(listText(Array.from({ length: rows }, (_, rank) => this.#textAt(slot, rank))))
    }
    return laneOf(builder.finish())
  }

  #textAt(slot: number, rank: number): string {
    return this.#rule.textOf(partOf(this.state.at(slot, rank), this.#rule.value))
  }
}
