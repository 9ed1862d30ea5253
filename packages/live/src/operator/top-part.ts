/**
 * The first rows of each partition of an order: LIMIT, DISTINCT ON, `row_number() <= n`. All rows are kept,
 * in order, because any may move up. A step looks only where what is told can have changed: at the rows that
 * came and went, and around both ends of the told rows as far as these moved others; where rows are
 * numbered, at the told rows. A row far behind them costs its way into the order and nothing more.
 */
import { assert } from '@millrace/base'
import type { Top } from '@millrace/sql'
import { grownNumbers } from '../aggregate/accumulator.ts'
import { OrderedRows } from '../ordered/ordered-rows.ts'
import type { OrderedShape } from '../ordered/ordered-shape.ts'
import { IntList } from '../zset/growing-list.ts'
import type { ZBatch } from '../zset/z-batch.ts'
import type { RebuiltPart } from './rebuilt-state.ts'
import { TopOutput } from './top-output.ts'
import { TouchedPartitions } from './touched-partitions.ts'

/** Places in a partition, from one to before another. */
interface Places {
  readonly from: number
  readonly to: number
}

export class TopPart implements RebuiltPart {
  readonly #shape: OrderedShape
  readonly #rows: OrderedRows
  readonly #top: Top
  readonly #output: TopOutput
  /** Per slot how many copies of the row are told, the number of the first, and the step in which the row came. */
  #told: Float64Array = new Float64Array(64)
  #numbers: Float64Array = new Float64Array(64)
  #cameIn: Float64Array = new Float64Array(64)
  #stepNumber = 0
  readonly #touched = new TouchedPartitions()
  readonly #found = new IntList()

  constructor(shape: OrderedShape, top: Top) {
    this.#shape = shape
    this.#top = top
    this.#rows = new OrderedRows(shape)
    this.#output = new TopOutput(!top.numbered ? 'none' : top.counting === 'row_number' ? 'each' : 'shared')
  }

  get rowCount(): number {
    return this.#rows.table.rowCount
  }

  get bytes(): number {
    return this.#rows.bytes + this.#told.byteLength + this.#numbers.byteLength + this.#cameIn.byteLength + this.#touched.bytes
  }

  rows(): readonly ZBatch[] {
    return [this.#rows.rows()]
  }

  /** The rows that are told at present, without their numbers. */
  told(): ZBatch {
    const slots = this.#rows.slots().filter((slot) => (this.#told[slot] as number) > 0)
    return { ...this.#rows.rowsAt(slots), weights: Float64Array.from(slots, (slot) => this.#told[slot] as number) }
  }

  step([change]: readonly ZBatch[]): ZBatch {
    const batch = change as ZBatch
    this.#stepNumber += 1
    this.#rows.admit(batch.lanes, { count: batch.count, copies: batch.count })
    this.#reserve(this.#rows.table.capacity)
    this.#touched.begin(this.#rows.table.capacity)
    // What goes is there by then: from before, or from this batch.
    for (let row = 0; row < batch.count; row += 1) if ((batch.weights[row] as number) > 0) this.#change(row, batch)
    for (let row = 0; row < batch.count; row += 1) if ((batch.weights[row] as number) < 0) this.#change(row, batch)
    for (const partition of this.#touched.partitions.values()) this.#tell(partition)
    const output = this.#output.finish(this.#rows.table, this.#shape.rowColumns)
    for (const partition of this.#touched.partitions.values()) this.#forget(partition)
    return output
  }

  #reserve(capacity: number): void {
    if (capacity <= this.#told.length) return
    this.#told = grownNumbers(this.#told, capacity)
    this.#numbers = grownNumbers(this.#numbers, capacity)
    this.#cameIn = grownNumbers(this.#cameIn, capacity)
  }

  #change(row: number, { weights }: ZBatch): void {
    const rows = this.#rows
    const weight = weights[row] as number
    const given = rows.put(row)
    const partition = rows.partitionOf(row, given)
    const known = rows.find(partition, given)
    if (known >= 0) {
      rows.free(given)
      rows.add(partition, known, weight)
    } else {
      assert(weight > 0, 'only a row that is there goes')
      this.#told[given] = 0
      this.#cameIn[given] = this.#stepNumber
      rows.insert(partition, given, weight)
    }
    this.#touched.add(partition, known < 0 ? given : known, weight)
  }

  #tell(partition: number): void {
    const { tree } = this.#rows
    const touched = this.#touched
    const moved = touched.movedIn(partition)
    for (let change = touched.newest(partition); change >= 0; change = touched.before(change)) {
      const slot = touched.slotOf(change)
      assert(tree.weightOf(slot) >= 0, 'a row is never there less than not at all')
      if (tree.weightOf(slot) > 0) continue
      this.#rows.remove(partition, slot)
      this.#say(slot, 0, 0)
    }
    const told = this.#toldPlaces(partition)
    if (this.#top.counting !== 'row_number') this.#tellGroups(partition, told.to)
    else if (this.#top.numbered || told.from + moved >= told.to - moved) {
      this.#tellPlaces(partition, told, { from: told.from - moved, to: told.to + moved })
    } else {
      // A row that stays moves by as much as came and went at most: only so near an end can it cross that.
      this.#tellPlaces(partition, told, { from: told.from - moved, to: told.from + moved })
      this.#tellPlaces(partition, told, { from: told.to - moved, to: told.to + moved })
      for (let change = touched.newest(partition); change >= 0; change = touched.before(change)) {
        const slot = touched.slotOf(change)
        if (tree.weightOf(slot) > 0) this.#tellPlace(slot, this.#rows.placeOf(partition, slot), told)
      }
    }
  }

  /** The places whose rows are told from now on. */
  #toldPlaces(partition: number): Places {
    const root = this.#rows.root(partition)
    const total = this.#rows.tree.total(root)
    const { offset, count, counting } = this.#top
    const last = count === null ? total : Math.min(total, offset + count)
    if (counting === 'row_number') return { from: offset, to: Math.max(offset, last) }
    if (counting === 'rank') return { from: 0, to: last === 0 ? 0 : this.#endOfPeers(root, last - 1) }
    let to = 0
    for (let groups = 0; groups < (count ?? total) && to < total; groups += 1) to = this.#endOfPeers(root, to)
    return { from: 0, to }
  }

  #endOfPeers(root: number, place: number): number {
    const peers = this.#rows.peers()
    const slot = this.#rows.tree.at(root, place)
    return this.#rows.tree.countWhile(root, (other) => peers(other, slot) <= 0)
  }

  #tellPlaces(partition: number, told: Places, { from, to }: Places): void {
    const slots = this.#slotsAt(partition, { from: Math.max(0, from), to })
    if (slots.count === 0) return
    let place = from <= 0 ? 0 : this.#rows.placeOf(partition, slots.at(0))
    for (let at = 0; at < slots.count; at += 1) {
      const slot = slots.at(at)
      this.#tellPlace(slot, place, told)
      place += this.#rows.tree.weightOf(slot)
    }
  }

  /** Of the copies of a row, those that stand at told places. */
  #tellPlace(slot: number, place: number, told: Places): void {
    const first = Math.max(place, told.from)
    const last = Math.min(place + this.#rows.tree.weightOf(slot), told.to)
    this.#say(slot, Math.max(0, last - first), first + 1)
  }

  #tellGroups(partition: number, to: number): void {
    const { tree } = this.#rows
    const root = this.#rows.root(partition)
    const isDense = this.#top.counting === 'dense_rank'
    let place = 0
    for (let group = 0; place < to; group += 1) {
      const end = this.#endOfPeers(root, place)
      const slots = this.#slotsAt(partition, { from: place, to: end })
      for (let at = 0; at < slots.count; at += 1) this.#say(slots.at(at), tree.weightOf(slots.at(at)), (isDense ? group : place) + 1)
      place = end
    }
    // Of the rows that stay, those told before were the first: at the next of them the search is over.
    while (place < tree.total(root)) {
      const slot = tree.at(root, place)
      if (this.#told[slot] === 0 && this.#cameIn[slot] !== this.#stepNumber) break
      this.#say(slot, 0, 0)
      place += tree.weightOf(slot)
    }
  }

  #slotsAt(partition: number, places: Places): IntList {
    this.#found.clear()
    this.#rows.tree.collect(this.#rows.root(partition), places, this.#found)
    return this.#found
  }

  #say(slot: number, copies: number, number: number): void {
    if (copies === this.#told[slot] && (copies === 0 || number === this.#numbers[slot])) return
    this.#output.tell(slot, { copies: this.#told[slot] as number, number: this.#numbers[slot] as number }, { copies, number })
    this.#told[slot] = copies
    this.#numbers[slot] = number
  }

  #forget(partition: number): void {
    const rows = this.#rows
    rows.settle(partition)
    for (let change = this.#touched.newest(partition); change >= 0; change = this.#touched.before(change)) {
      const slot = this.#touched.slotOf(change)
      if (rows.tree.weightOf(slot) === 0) rows.free(slot)
    }
  }
}
