/**
 * A bag in order for each group. Most groups have one different key: such a group is two cells of two
 * columns, and gets a bag of its own only while it has more.
 */
import { grownNumbers } from './accumulator.ts'
import { type Compare, OrderedBag } from './ordered-bag.ts'

export class GroupedBags<K> {
  /** The one key of a group without a bag; undefined where it has none. */
  readonly #only: (K | undefined)[] = []
  #onlyWeights: Float64Array = new Float64Array(64)
  readonly #bags = new Map<number, OrderedBag<K>>()
  readonly #compare: Compare<K>
  readonly #distinct: boolean

  constructor(compare: Compare<K>, { distinct }: { readonly distinct: boolean }) {
    this.#compare = compare
    this.#distinct = distinct
  }

  reserve(capacity: number): void {
    this.#onlyWeights = grownNumbers(this.#onlyWeights, capacity)
    while (this.#only.length < capacity) this.#only.push(undefined)
  }

  /** The key comes so often, or goes where the weight is negative. */
  change(slot: number, key: K, weight: number): void {
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
  at(slot: number, rank: number): K {
    const bag = this.#bags.get(slot)
    return bag === undefined ? (this.#only[slot] as K) : bag.at(rank)
  }

  /** What `summarize` makes of the group's keys, part by part; parts that did not change are not read again. */
  summaries<T>(slot: number, summarize: (keys: readonly K[], counts: readonly number[]) => T): readonly T[] {
    const bag = this.#bags.get(slot)
    if (bag !== undefined) return bag.summaries(summarize)
    const only = this.#only[slot]
    return only === undefined ? [] : [summarize([only], [this.count(slot)])]
  }

  clear(slot: number): void {
    this.#setOnly(slot, undefined, 0)
    if (this.#bags.size > 0) this.#bags.delete(slot)
  }

  #setOnly(slot: number, key: K | undefined, weight: number): void {
    this.#only[slot] = key
    this.#onlyWeights[slot] = weight
  }

  #openBag(slot: number, only: K): OrderedBag<K> {
    const bag = new OrderedBag(this.#compare, this.#distinct)
    bag.change(only, this.#onlyWeights[slot] as number)
    this.#bags.set(slot, bag)
    this.#setOnly(slot, undefined, 0)
    return bag
  }

  #changeBag(slot: number, bag: OrderedBag<K>, { key, weight }: { key: K; weight: number }): void {
    bag.change(key, weight)
    if (!bag.isSmall) return
    this.#bags.delete(slot)
    const left = bag.only()
    this.#setOnly(slot, left?.key, left?.weight ?? 0)
  }
}
