/**
 * The value of the row that stands first or last in an order: FIRST and LAST with an ORDER BY, ARG_MIN,
 * ARG_MAX. The value is part of the order, after all that was asked for, so that of equal rows the same
 * one is always taken.
 */
import { type Layout, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import type { Accumulator, WeightedRows } from './accumulator.ts'
import { GroupedBags } from './grouped-bags.ts'
import { keyAt, type KeyColumn, partOf, pushValue } from './sort-order.ts'

export interface PickRule {
  readonly columns: readonly KeyColumn[]
  /** Which of the columns is the result. */
  readonly value: number
  /** Rows in which one of these lanes is NULL do not count. */
  readonly required: readonly number[]
  readonly end: 'first' | 'last'
}

export class PickAccumulator implements Accumulator {
  readonly state: GroupedBags
  readonly #rule: PickRule
  readonly #layout: Layout

  constructor(rule: PickRule) {
    this.state = new GroupedBags(rule.columns, { distinct: false })
    this.#rule = rule
    this.#layout = (rule.columns[rule.value] as KeyColumn).layout
  }

  add(slots: Int32Array, { count, lanes, weights }: WeightedRows): void {
    const { columns, required } = this.#rule
    for (let row = 0; row < count; row += 1) {
      if (!isAnyNull(lanes, required, row)) this.state.change(slots[row] as number, keyAt(columns, lanes, row), weights[row] as number)
    }
  }

  results(slots: Int32Array, count: number): Lane {
    const builder = new VectorBuilder(this.#layout, count)
    for (let at = 0; at < count; at += 1) {
      const slot = slots[at] as number
      const rows = this.state.count(slot)
      const key = rows === 0 ? null : this.state.at(slot, this.#rule.end === 'first' ? 0 : rows - 1)
      pushValue(builder, this.#layout, key === null ? null : partOf(key, this.#rule.value))
    }
    return laneOf(builder.finish())
  }
}

export function isAnyNull(lanes: readonly Lane[], required: readonly number[], row: number): boolean {
  for (const at of required) {
    const { nulls } = lanes[at] as Lane
    if (nulls !== null && nulls[row] === 1) return true
  }
  return false
}
