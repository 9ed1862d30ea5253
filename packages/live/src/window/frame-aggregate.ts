/**
 * An aggregate over the frame of each row. What the accumulator holds is moved from a frame to the next by
 * the rows in which they differ, so that a pass over a partition costs about two changes a row, whatever
 * the frame.
 *
 * Where frames begin or end with the partition, the accumulator of each partition goes on holding all its
 * rows between steps. A change near one end is then reached by taking out the rows behind it, and never by
 * adding up those before it.
 */
import type { Layout, VectorBuilder } from '@millrace/core'
import { type Lane, laneValueAt } from '@millrace/sql'
import type { Accumulator } from '../aggregate/accumulator.ts'
import { IntList } from '../zset/growing-list.ts'
import type { StoredColumn } from '../zset/row-table.ts'
import { gatherLane } from '../zset/z-batch.ts'
import type { FrameFinder } from './frame.ts'
import type { PartitionView } from './partition-view.ts'
import type { Places } from './places.ts'
import type { PartitionState, WindowEvaluator } from './window-evaluator.ts'

export interface AggregatedColumns {
  readonly inputs: readonly number[]
  /** Of the FILTER; -1 for none. */
  readonly condition: number
}

/** The accumulator's slot for frames that are made anew; a partition's is one more than its number. */
const SCRATCH = 0

export class FrameAggregate implements WindowEvaluator, PartitionState {
  readonly #accumulator: Accumulator
  readonly #finder: FrameFinder
  readonly #columnsOf: () => readonly StoredColumn[]
  readonly #read: AggregatedColumns
  readonly #slots = new IntList()
  #held: number[] = []
  #wanted: number[] = []

  constructor(accumulator: Accumulator, finder: FrameFinder, read: AggregatedColumns & { columnsOf: () => readonly StoredColumn[] }) {
    this.#accumulator = accumulator
    this.#finder = finder
    this.#read = read
    this.#columnsOf = read.columnsOf
    accumulator.reserve(64)
  }

  affected(view: PartitionView, gap: Places): Places {
    return this.#finder.affected(view, gap)
  }

  reserve(partitions: number): void {
    if (this.#finder.isOpen) this.#accumulator.reserve(partitions + 1)
  }

  change(slots: Int32Array, partitions: Int32Array, weights: Float64Array): void {
    if (!this.#finder.isOpen) return
    const groups = partitions.map((partition) => partition + 1)
    this.#accumulator.add(groups, { count: slots.length, lanes: this.#lanesOf(slots), weights: this.#counted(slots, weights) })
  }

  clear(partition: number): void {
    if (this.#finder.isOpen) this.#accumulator.clear(partition + 1)
  }

  evaluate(view: PartitionView, { from, to }: Places, into: VectorBuilder): void {
    const group = this.#finder.isOpen ? view.partition + 1 : SCRATCH
    const whole = this.#finder.isOpen ? [0, view.count] : []
    const groups = Int32Array.of(group)
    this.#held = [...whole]
    let result: Lane | null = null
    for (let place = from; place < to; place += 1) {
      this.#finder.locate(view, place, this.#wanted)
      if (this.#move(view, group) || result === null) result = this.#accumulator.results(groups, 1)
      into.push(laneValueAt(result, 0))
    }
    this.#wanted.splice(0, this.#wanted.length, ...whole)
    if (whole.length > 0) this.#move(view, group)
    else this.#accumulator.clear(SCRATCH)
  }

  /** Makes the accumulator hold the wanted places; tells whether it held others. */
  #move(view: PartitionView, group: number): boolean {
    const come = this.#addDifference(view, { rows: this.#wanted, without: this.#held }, { group, weight: 1 })
    const gone = this.#addDifference(view, { rows: this.#held, without: this.#wanted }, { group, weight: -1 })
    const last = this.#held
    this.#held = this.#wanted
    this.#wanted = last
    return come || gone
  }

  #addDifference(
    view: PartitionView,
    { rows, without }: { rows: readonly number[]; without: readonly number[] },
    change: { group: number; weight: number },
  ): boolean {
    this.#slots.clear()
    for (let at = 0; at < rows.length; at += 2) {
      let next = rows[at] as number
      const end = rows[at + 1] as number
      for (let other = 0; other < without.length && next < end; other += 2) {
        const [from, to] = [without[other] as number, without[other + 1] as number]
        if (to <= next) continue
        for (; next < end && next < from; next += 1) this.#slots.push(view.slotAt(next))
        if (next >= from) next = Math.max(next, to)
      }
      for (; next < end; next += 1) this.#slots.push(view.slotAt(next))
    }
    const { count } = this.#slots
    if (count === 0) return false
    const slots = this.#slots.values()
    const weights = this.#counted(slots, new Float64Array(count).fill(change.weight))
    this.#accumulator.add(new Int32Array(count).fill(change.group), { count, lanes: this.#lanesOf(slots), weights })
    return true
  }

  #lanesOf(slots: Int32Array): readonly Lane[] {
    const columns = this.#columnsOf()
    return this.#read.inputs.map((column) => {
      const { layout, values, nulls } = columns[column] as StoredColumn & { readonly layout: Layout }
      return gatherLane({ layout, values: values as Lane['values'], nulls }, slots, slots.length)
    })
  }

  /** Without those that the FILTER leaves out. */
  #counted(slots: Int32Array, weights: Float64Array): Float64Array {
    if (this.#read.condition < 0) return weights
    const { values, nulls } = this.#columnsOf()[this.#read.condition] as StoredColumn
    return weights.map((weight, at) => {
      const slot = slots[at] as number
      return values[slot] === 1 && (nulls === null || nulls[slot] === 0) ? weight : 0
    })
  }
}
