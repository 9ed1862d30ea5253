/** STRING_AGG and LIST: the values of a group in order, one after the other, as one text. */
import { CELL, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import type { Accumulator, WeightedRows } from './accumulator.ts'
import { GroupedBags } from './grouped-bags.ts'
import { keyAt, type KeyColumn, partOf, type SortKeyValue } from './sort-order.ts'
import type { BagValue } from './value-order.ts'

export interface JoinRule {
  /** The order; the value, which is the aggregate's first lane, is one of them. */
  readonly columns: readonly KeyColumn[]
  readonly distinct: boolean
  /** Whether NULL is a value among others; else it counts for nothing. */
  readonly keepsNull: boolean
  readonly opening: string
  readonly separator: string
  readonly closing: string
  readonly textOf: (value: BagValue | null) => string
}

export class JoinAccumulator implements Accumulator {
  readonly state: GroupedBags
  readonly #rule: JoinRule
  /** Which part of a key is the value. */
  readonly #value: number

  constructor(rule: JoinRule) {
    this.state = new GroupedBags(rule.columns, rule)
    this.#rule = rule
    this.#value = rule.columns.findIndex((column) => column.lane === 0)
  }

  add(slots: Int32Array, { count, lanes, weights }: WeightedRows): void {
    const nulls = this.#rule.keepsNull ? null : (lanes[0] as Lane).nulls
    for (let row = 0; row < count; row += 1) {
      if (nulls !== null && nulls[row] === 1) continue
      this.state.change(slots[row] as number, keyAt(this.#rule.columns, lanes, row), weights[row] as number)
    }
  }

  results(slots: Int32Array, count: number): Lane {
    const { opening, separator, closing } = this.#rule
    const builder = new VectorBuilder('text', count)
    const join = (keys: readonly SortKeyValue[], counts: readonly number[]): string => this.#joined(keys, counts)
    for (let at = 0; at < count; at += 1) {
      const slot = slots[at] as number
      if (this.state.count(slot) === 0) builder.pushCell(CELL.NULL)
      else builder.pushText(opening + this.state.summaries(slot, join).join(separator) + closing)
    }
    return laneOf(builder.finish())
  }

  #joined(keys: readonly SortKeyValue[], counts: readonly number[]): string {
    const texts: string[] = []
    for (const [at, key] of keys.entries()) {
      const text = this.#rule.textOf(partOf(key, this.#value))
      for (let left = counts[at] as number; left > 0; left -= 1) texts.push(text)
    }
    return texts.join(this.#rule.separator)
  }
}
