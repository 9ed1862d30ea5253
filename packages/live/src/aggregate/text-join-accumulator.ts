/** STRING_AGG: the texts of a group in order, one after the other. NULL counts for nothing. */
import { CELL, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import type { Accumulator, WeightedRows } from './accumulator.ts'
import { GroupedBags } from './grouped-bags.ts'
import { compareKeys, keyAt, type KeyColumn, partOf, type SortKeyValue } from './sort-order.ts'

export interface TextJoinRule {
  /** The order; the text, which is the aggregate's first lane, is one of them. */
  readonly columns: readonly KeyColumn[]
  readonly separator: string
  readonly distinct: boolean
}

export class TextJoinAccumulator implements Accumulator {
  readonly #bags: GroupedBags<SortKeyValue>
  readonly #rule: TextJoinRule
  readonly #text: number

  constructor(rule: TextJoinRule) {
    this.#bags = new GroupedBags(compareKeys(rule.columns), rule)
    this.#rule = rule
    this.#text = rule.columns.findIndex((column) => column.lane === 0)
  }

  reserve(capacity: number): void {
    this.#bags.reserve(capacity)
  }

  add(slots: Int32Array, { count, lanes, weights }: WeightedRows): void {
    const { nulls } = lanes[0] as Lane
    for (let row = 0; row < count; row += 1) {
      if (nulls !== null && nulls[row] === 1) continue
      this.#bags.change(slots[row] as number, keyAt(this.#rule.columns, lanes, row), weights[row] as number)
    }
  }

  results(slots: Int32Array, count: number): Lane {
    const builder = new VectorBuilder('text', count)
    const join = (keys: readonly SortKeyValue[], counts: readonly number[]): string => this.#joined(keys, counts)
    for (let at = 0; at < count; at += 1) {
      const slot = slots[at] as number
      if (this.#bags.count(slot) === 0) builder.pushCell(CELL.NULL)
      else builder.pushText(this.#bags.summaries(slot, join).join(this.#rule.separator))
    }
    return laneOf(builder.finish())
  }

  clear(slot: number): void {
    this.#bags.clear(slot)
  }

  #joined(keys: readonly SortKeyValue[], counts: readonly number[]): string {
    const texts: string[] = []
    for (const [at, key] of keys.entries()) {
      for (let left = counts[at] as number; left > 0; left -= 1) texts.push(partOf(key, this.#text) as string)
    }
    return texts.join(this.#rule.separator)
  }
}
