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
import { type Lane, laneValueAt, type LaneValues, laneValues } from '@millrace/sql'
import type { Accumulator } from '../aggregate/accumulator.ts'
import { IntList } from '../zset/growing-list.ts'
import type { StoredColumn } from '../zset/row-table.ts'
import { gatherLane } from '../zset/z-batch.ts'
import type { FrameFinder } from './frame.ts'
import type { PartitionView } from './partition-view.ts'
import type { Places } from './places.ts'
import { isTrue } from './running-extreme.ts'
import { lookAtReach, type LookedAt, type PartitionState, type ReachEvaluator } from './window-evaluator.ts'

export interface AggregatedColumns {
  readonly inputs: readonly number[]
  /** Of the FILTER; -1 for none. */
  readonly condition: number
}

/** The accumulator's slot for frames that are made anew; a partition's is one more than its number. */
const SCRATCH = 0

export class FrameAggregate implements ReachEvaluator, PartitionState {
  readonly #accumulator: Accumulator
  readonly #finder: FrameFinder
  readonly #columnsOf: () => readonly StoredColumn[]
  readonly #read: AggregatedColumns
  readonly #slots = new IntList()
  readonly #one = { count: 1, lanes: [] as Lane[], slots: new Int32Array(1), weights: new Float64Array(1) }
  #held: number[] = []
  #wanted: number[] = []

  constructor(accumulator: Accumulator, finder: FrameFinder, read: AggregatedColumns & { columnsOf: () => readonly StoredColumn[] }) {
    this.#accumulator = accumulator
    this.#finder = finder
    this.#read = read
    this.#columnsOf = read.columnsOf
    accumulator.state.reserve(64)
  }

  look(view: PartitionView, gaps: readonly Places[], into: LookedAt): void {
    lookAtReach(this, view, { gaps, into })
  }

  affected(view: PartitionView, gap: Places): Places {
    return this.#finder.affected(view, gap)
  }

  reserve(partitions: number): void {
    if (this.#finder.isOpen) this.#accumulator.state.reserve(partitions + 1)
  }

  change(slots: Int32Array, partitions: Int32Array, weights: Float64Array): void {
    if (!this.#finder.isOpen) return
    const groups = partitions.map((partition) => partition + 1)
    this.#accumulator.add(groups, { count: slots.length, lanes: this.#lanesOf(slots), weights: this.#counted(slots, weights) })
  }

  get bytes(): number {
    return this.#accumulator.state.bytes
  }

  clear(partition: number): void {
    if (this.#finder.isOpen) this.#accumulator.state.clear(partition + 1)
  }

  evaluate(view: PartitionView, { from, to }: Places, into: VectorBuilder): void {
    const group = this.#finder.isOpen ? view.partition + 1 : SCRATCH
    const whole = this.#finder.isOpen ? [0, view.count] : []
    const groups = Int32Array.of(group)
    this.#held = [...whole]
    const accumulator = this.#accumulator
    let result: Lane | null = null
    for (let place = from; place < to; place += 1) {
      this.#finder.locate(view, place, this.#wanted)
      const moved = this.#move(view, group)
      if (accumulator.tell !== undefined) {
        accumulator.tell(group, into)
        continue
      }
      if (moved || result === null) result = accumulator.results(groups, 1)
      into.push(laneValueAt(result, 0))
    }
    this.#wanted.splice(0, this.#wanted.length, ...whole)
    if (whole.length > 0) this.#move(view, group)
    else this.#accumulator.state.clear(SCRATCH)
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
    if (count === 1) {
      this.#addOne(this.#slots.at(0), change)
      return true
    }
    const slots = this.#slots.values()
    const weights = this.#counted(slots, new Float64Array(count).fill(change.weight))
    this.#accumulator.add(new Int32Array(count).fill(change.group), { count, lanes: this.#lanesOf(slots), weights })
    return true
  }

  /** Most frames differ from the next by a row: nothing is made for it anew. */
  #addOne(slot: number, { group, weight }: { group: number; weight: number }): void {
    const columns = this.#columnsOf()
    const { inputs, condition } = this.#read
    if (condition >= 0 && !isTrue(columns[condition] as StoredColumn, slot)) return
    for (let at = 0; at < inputs.length; at += 1) {
      const { layout, values, nulls } = columns[inputs[at] as number] as StoredColumn
      const lane = this.#one.lanes[at]
      const isList = Array.isArray(values)
      const kept = lane !== undefined && Array.isArray(lane.values) === isList ? lane.values : oneValue(layout, isList)
      kept[0] = values[slot] as never
      const flags = nulls === null ? null : (lane?.nulls ?? new Uint8Array(1))
      if (flags !== null && nulls !== null) flags[0] = nulls[slot] as number
      if (lane === undefined || kept !== lane.values || flags !== lane.nulls) this.#one.lanes[at] = { layout, values: kept, nulls: flags }
    }
    this.#one.slots[0] = group
    this.#one.weights[0] = weight
    this.#accumulator.add(this.#one.slots, this.#one)
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
    const condition = this.#columnsOf()[this.#read.condition] as StoredColumn
    return weights.map((weight, at) => (isTrue(condition, slots[at] as number) ? weight : 0))
  }
}

function oneValue(layout: Layout, isList: boolean): LaneValues {
  return isList ? laneValues('text', 1) : laneValues(layout, 1)
}
