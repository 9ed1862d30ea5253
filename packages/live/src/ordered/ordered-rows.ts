/**
 * The rows of a relation in partitions, each in order. A stored row is the row itself, followed by those
 * expressions of the partition, the order and whatever else its owner reads that are no column of it.
 *
 * The order is total: rows that tie stand in the order of their own columns, ascending, NULLs last. So
 * what follows from it depends on the rows alone, and not on how they came.
 *
 * A row that is taken out keeps its slot until the owner frees it, so that what it said can still be told.
 */
import type { Lane } from '@millrace/sql'
import { IntList } from '../zset/growing-list.ts'
import { hashRows } from '../zset/row-hash.ts'
import type { RowMatch } from '../zset/row-match.ts'
import { RowTable } from '../zset/row-table.ts'
import { SlotIndex } from '../zset/slot-index.ts'
import type { ZBatch } from '../zset/z-batch.ts'
import type { OrderedShape } from './ordered-shape.ts'
import type { ComparedColumn, RowComparison } from './row-comparison.ts'
import { NO_SLOT, RowTree } from './row-tree.ts'

export class OrderedRows {
  readonly table: RowTable
  readonly tree = new RowTree()
  readonly #shape: OrderedShape
  readonly #index = new SlotIndex()
  /** Per partition its tree, its hash, and the slot of a row of it: one that is there, or was in this step. */
  #roots: Int32Array = new Int32Array(64).fill(NO_SLOT)
  #hashes: Int32Array = new Int32Array(64)
  #heads: Int32Array = new Int32Array(64)
  #partitionCount = 0
  readonly #freePartitions: number[] = []
  #compare: RowComparison = () => 0
  #comparePeers: RowComparison = () => 0
  #matchHead: (partition: number, row: number) => boolean = () => false
  #batch: readonly Lane[] = []
  #batchHashes: Int32Array = new Int32Array(0)

  constructor(shape: OrderedShape) {
    this.#shape = shape
    this.table = new RowTable(shape.layouts)
  }

  get partitionColumns(): readonly number[] {
    return this.#shape.partitionColumns
  }

  get orderColumns(): readonly ComparedColumn[] {
    return this.#shape.orderColumns
  }

  /** Where the further expressions stand in the table. */
  get otherColumns(): readonly number[] {
    return this.#shape.otherColumns
  }

  /** About what it takes in memory. */
  get bytes(): number {
    const partitions = this.#roots.byteLength + this.#hashes.byteLength + this.#heads.byteLength
    return this.table.bytes + this.tree.bytes + this.#index.bytes + partitions
  }

  /** All rows, as they were given, with how often each stands in its tree. */
  rows(): ZBatch {
    return this.rowsAt(this.slots())
  }

  /** The slots of all rows. */
  slots(): Int32Array {
    const found = new IntList()
    for (let partition = 0; partition < this.#partitionCount; partition += 1) {
      const root = this.root(partition)
      this.tree.collect(root, { from: 0, to: this.tree.total(root) }, found)
    }
    return found.values()
  }

  rowsAt(slots: Int32Array): ZBatch {
    const lanes = Array.from({ length: this.#shape.rowColumns }, (_, at) => this.table.gatherColumn(at, slots, slots.length))
    return { count: slots.length, lanes, weights: Float64Array.from(slots, (slot) => this.tree.weightOf(slot)) }
  }

  /**
   * Makes ready for the rows of a batch, `copies` of which will be put at most. Comparisons hold until the
   * next call.
   */
  admit(lanes: readonly Lane[], { count, copies }: { count: number; copies: number }): void {
    const stored = this.#shape.projection === null ? lanes : this.#shape.projection(lanes, count)
    this.table.admit(stored, copies)
    this.tree.reserve(this.table.capacity)
    this.#compare = this.#shape.rowComparer(this.table)
    this.#comparePeers = this.#shape.peerComparer(this.table)
    const match = this.#shape.matcher(this.table, stored)
    this.#matchHead = (partition, row) => match(this.#heads[partition] as number, row)
    this.#batchHashes = hashRows(stored, this.partitionColumns, count)
    this.#batch = stored
  }

  /** The partition in which a row of another relation would be, or -1: that of the given partition there. */
  partitionLike(match: RowMatch, other: OrderedRows, partition: number): number {
    const head = other.#heads[partition] as number
    const hash = other.#hashes[partition] as number
    return this.#index.find(hash, (own, slot) => match(this.#heads[own] as number, slot), head)
  }

  /** Puts a row of the batch in a slot that is in no partition yet. */
  put(row: number): number {
    const slot = this.table.allocate()
    this.table.put(slot, this.#batch, row)
    return slot
  }

  /** The partition of a row of the batch; the first row of one, in its slot, opens it, and is to be inserted. */
  partitionOf(row: number, slot: number): number {
    const hash = this.#batchHashes[row] as number
    const known = this.#index.find(hash, this.#matchHead, row)
    return known >= 0 ? known : this.#open(hash, slot)
  }

  insert(partition: number, slot: number, weight: number): void {
    this.#roots[partition] = this.tree.insert(this.root(partition), { slot, weight }, this.#compare)
  }

  remove(partition: number, slot: number): void {
    this.#roots[partition] = this.tree.remove(this.root(partition), slot, this.#compare)
  }

  add(partition: number, slot: number, weight: number): void {
    this.tree.add(this.root(partition), { slot, weight }, this.#compare)
  }

  /** A slot of a partition with the same row as another slot, or -1. */
  find(partition: number, slot: number): number {
    return this.tree.find(this.root(partition), slot, this.#compare)
  }

  /** The slot of a partition that stands before another, which is not in it; -1 for none. */
  slotBefore(partition: number, slot: number): number {
    return this.tree.before(this.root(partition), slot, this.#compare)
  }

  /** How much stands before a row, whether that is in the partition or not. */
  placeOf(partition: number, slot: number): number {
    const compare = this.#compare
    return this.tree.countWhile(this.root(partition), (other) => {
      const order = compare(other, slot)
      return order === 0 ? other < slot : order < 0
    })
  }

  comparison(): RowComparison {
    return this.#compare
  }

  peers(): RowComparison {
    return this.#comparePeers
  }

  root(partition: number): number {
    return this.#roots[partition] as number
  }

  get partitionCapacity(): number {
    return this.#roots.length
  }

  /** Frees a slot that is in no partition. */
  free(slot: number): void {
    this.table.free(slot)
  }

  /** To be called for each touched partition at the end of a step, before any slot is freed; tells whether it is gone. */
  settle(partition: number): boolean {
    const root = this.root(partition)
    this.#heads[partition] = root
    if (root >= 0) return false
    this.#index.remove(this.#hashes[partition] as number, partition)
    this.#freePartitions.push(partition)
    return true
  }

  #open(hash: number, slot: number): number {
    const partition = this.#freePartitions.pop() ?? this.#partitionCount++
    if (partition >= this.#roots.length) this.#grow()
    this.#roots[partition] = NO_SLOT
    this.#hashes[partition] = hash
    this.#heads[partition] = slot
    this.#index.add(hash, partition)
    return partition
  }

  #grow(): void {
    const count = this.#roots.length * 2
    const roots = new Int32Array(count).fill(NO_SLOT)
    roots.set(this.#roots)
    this.#roots = roots
    const hashes = new Int32Array(count)
    hashes.set(this.#hashes)
    this.#hashes = hashes
    const heads = new Int32Array(count)
    heads.set(this.#heads)
    this.#heads = heads
  }
}
