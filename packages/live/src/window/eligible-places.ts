/** The places of a partition whose row counts: all, or, with IGNORE NULLS, those with a value. */
import { IntList } from '../zset/growing-list.ts'
import type { PartitionView } from './partition-view.ts'

export class EligiblePlaces {
  readonly #column: number | null
  readonly #places = new IntList()
  #count = 0

  /** The column whose NULLs are passed over, if any. */
  constructor(column: number | null) {
    this.#column = column
  }

  open(view: PartitionView): void {
    this.#count = view.count
    if (this.#column === null) return
    const nulls = view.rows.table.columns[this.#column]?.nulls ?? null
    this.#places.clear()
    for (let place = 0; place < view.count; place += 1) {
      if (nulls === null || nulls[view.slotAt(place)] === 0) this.#places.push(place)
    }
  }

  /** The place so many eligible rows away from one, or -1. */
  from(place: number, distance: number): number {
    if (distance === 0) return place
    return distance < 0 ? this.#at(this.#below(place) + distance) : this.#at(this.#below(place + 1) + distance - 1)
  }

  /** The n-th of the places in a list of froms and tos, counted from 1; -1 where there is none. */
  nthOf(frame: readonly number[], n: number): number {
    let left = n
    if (left < 1) return -1
    for (let at = 0; at < frame.length; at += 2) {
      const first = this.#below(frame[at] as number)
      const found = this.#below(frame[at + 1] as number) - first
      if (left <= found) return this.#at(first + left - 1)
      left -= found
    }
    return -1
  }

  lastOf(frame: readonly number[]): number {
    for (let at = frame.length - 2; at >= 0; at -= 2) {
      const first = this.#below(frame[at] as number)
      const end = this.#below(frame[at + 1] as number)
      if (first < end) return this.#at(end - 1)
    }
    return -1
  }

  /** How many eligible places there are before one. */
  #below(place: number): number {
    if (this.#column === null) return place
    let [low, high] = [0, this.#places.count]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#places.at(middle) < place) low = middle + 1
      else high = middle
    }
    return low
  }

  #at(index: number): number {
    if (this.#column === null) return index >= 0 && index < this.#count ? index : -1
    return index >= 0 && index < this.#places.count ? this.#places.at(index) : -1
  }
}
