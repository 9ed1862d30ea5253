/**
 * A bag in order for each group. Most groups have one different key: such a group is two cells of two
 * columns, and gets a bag of its own only while it has more.
 */
import type { Layout } from '@millrace/core'
import type { LaneReader, LaneWriter } from '../spill/saved-lanes.ts'
import { grownNumbers } from './accumulator.ts'
import { type Compare, OrderedBag } from './ordered-bag.ts'
import { putValues, takeValues, valueBytes } from './saved-values.ts'
import { compareKeys, type KeyColumn, type SortKeyValue } from './sort-order.ts'

/** What V8 takes for a bag beside its keys. */
const BAG_BYTES = 300

export class GroupedBags {
  /** The one key of a group without a bag; undefined where it has none. */
  readonly #only: (SortKeyValue | undefined)[] = []
  #onlyWeights: Float64Array = new Float64Array(64)
  readonly #bags = new Map<number, OrderedBag<SortKeyValue>>()
  readonly #compare: Compare<SortKeyValue>
  readonly #distinct: boolean
  readonly #layouts: readonly Layout[]
  /** How many keys lie in bags. */
  #bagged = 0

  constructor(columns: readonly KeyColumn[], { distinct }: { readonly distinct: boolean }) {
    this.#compare = compareKeys(columns)
    this.#layouts = columns.map(({ layout }) => layout)
    this.#distinct = distinct
  }

  reserve(capacity: number): void {
    this.#onlyWeights = grownNumbers(this.#onlyWeights, capacity)
    while (this.#only.length < capacity) this.#only.push(undefined)
  }

  /** The key comes so often, or goes where the weight is negative. */
  change(slot: number, key: SortKeyValue, weight: number): void {
    if (weight === 0) return
    const bag = this.#bags.size === 0 ? undefined : this.#bags.get(slot)
    if (bag !== undefined) return this.#changeBag(slot, bag, { key, weight })
    const only = this.#only[slot]
    if (only === undefined) {
      this.#setOnly(slot, key, weight)
    } else if (this.#compare(only, key) === 0) {
      const sum = (this.#onlyWeights[slot] as number) + weight
      this.#setOnly(slot, sum === 0 ? undefined : only, sum)
    } else {
      this.#changeBag(slot, this.#openBag(slot, only), { key, weight })
    }
  }

  /** How many keys the group has, each as often as it counts. */
  count(slot: number): number {
    const bag = this.#bags.get(slot)
    if (bag !== undefined) return bag.count
    const weight = this.#onlyWeights[slot] as number
    return this.#distinct ? Number(weight > 0) : weight
  }

  /** The key at a rank from 0 to `count`, in order. */
  at(slot: number, rank: number): SortKeyValue {
    const bag = this.#bags.get(slot)
    return bag === undefined ? (this.#only[slot] as SortKeyValue) : bag.at(rank)
  }

  /** What `summarize` makes of the group's keys, part by part; parts that did not change are not read again. */
  summaries<T>(slot: number, summarize: (keys: readonly SortKeyValue[], counts: readonly number[]) => T): readonly T[] {
    const bag = this.#bags.get(slot)
    if (bag !== undefined) return bag.summaries(summarize)
    const only = this.#only[slot]
    return only === undefined ? [] : [summarize([only], [this.count(slot)])]
  }

  clear(slot: number): void {
    this.#setOnly(slot, undefined, 0)
    if (this.#bags.size === 0) return
    this.#bagged -= this.#bags.get(slot)?.size ?? 0
    this.#bags.delete(slot)
  }

  get bytes(): number {
    const held = this.#only.length * 8 + this.#onlyWeights.byteLength + this.#bags.size * BAG_BYTES
    return held + valueBytes(this.#only.length + this.#bagged, this.#only.length, (slot) => this.#sample(slot))
  }

  save(slots: Int32Array, writer: LaneWriter): void {
    putValues(writer, { slots, layouts: this.#layouts }, (slot) => this.#entries(slot))
  }

  load(slots: Int32Array, reader: LaneReader): void {
    takeValues(reader, slots, (slot, key, weight) => this.change(slot, key, weight))
  }

  #entries(slot: number): Iterable<readonly [SortKeyValue, number]> {
    const bag = this.#bags.get(slot)
    if (bag !== undefined) return bag.entries()
    const only = this.#only[slot]
    return only === undefined ? [] : [[only, this.#onlyWeights[slot] as number]]
  }

  #sample(slot: number): SortKeyValue | undefined {
    const bag = this.#bags.get(slot)
    return bag === undefined ? this.#only[slot] : bag.only()?.key
  }

  #setOnly(slot: number, key: SortKeyValue | undefined, weight: number): void {
    this.#only[slot] = key
    this.#onlyWeights[slot] = weight
  }

  #openBag(slot: number, only: SortKeyValue): OrderedBag<SortKeyValue> {
    const bag = new OrderedBag(this.#compare, this.#distinct)
    bag.change(only, this.#onlyWeights[slot] as number)
    this.#bags.set(slot, bag)
    this.#bagged += bag.size
    this.#setOnly(slot, undefined, 0)
    return bag
  }

  #changeBag(slot: number, bag: OrderedBag<SortKeyValue>, { key, weight }: { key: SortKeyValue; weight: number }): void {
    const before = bag.size
    bag.change(key, weight)
    this.#bagged += bag.size - before
    if (!bag.isSmall) return
    this.#bagged -= bag.size
    this.#bags.delete(slot)
    const left = bag.only()
    this.#setOnly(slot, left?.key, left?.weight ?? 0)
  }
}
