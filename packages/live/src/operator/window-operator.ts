/**
 * Window functions. Each row keeps what was told of it; a step looks again only at those rows of the
 * touched partitions whose frame can reach what came or went, and tells only what differs. Copies of a row
 * are rows of their own here, for each has a number of its own.
 */
import { assert } from '@millrace/base'
import { type Layout, VectorBuilder } from '@millrace/core'
import { type Expression, type Lane, laneOf, layoutOfExpression, type Window } from '@millrace/sql'
import { grownNumbers } from '../aggregate/accumulator.ts'
import { OrderedRows } from '../ordered/ordered-rows.ts'
import { OrderedShape } from '../ordered/ordered-shape.ts'
import type { StateScope } from '../spill/state-scope.ts'
import { type MadeEvaluator, makeEvaluator, storedExpressionsOf } from '../window/make-evaluator.ts'
import { PartitionView } from '../window/partition-view.ts'
import { joinedGaps, type Places } from '../window/places.ts'
import { ToldResults } from '../window/told-results.ts'
import { IntList } from '../zset/growing-list.ts'
import { RowTable, type StoredColumn, suitColumn } from '../zset/row-table.ts'
import { concatBatches, gatherLane, type ZBatch } from '../zset/z-batch.ts'
import type { Operator } from './operator.ts'
import { RebuiltOperator, type RebuiltPart } from './rebuilt-state.ts'

/** A step's rows that came and went, with their partitions. A row may be in both. */
interface Movement {
  readonly came: IntList
  readonly went: IntList
  readonly slots: IntList
  readonly partitions: IntList
  readonly weights: number[]
}

/** What one call yields for some rows in a step. */
interface Results {
  readonly slots: Int32Array
  readonly lane: Lane
}

/** What all parts have in common. */
interface WindowShape {
  readonly window: Window
  readonly ordered: OrderedShape
  readonly others: readonly Expression[]
  readonly resultLayouts: readonly Layout[]
  readonly layouts: readonly Layout[]
}

export function windowOperator(input: Operator, window: Window, scope: StateScope): Operator {
  const others = window.calls.flatMap(storedExpressionsOf)
  const ordered = new OrderedShape({ layouts: input.layouts, partitions: window.partitions, order: window.order, others })
  const resultLayouts = window.calls.map((call) => layoutOfExpression(call.type))
  const layouts = [...input.layouts, ...resultLayouts]
  const shape: WindowShape = { window, ordered, others, resultLayouts, layouts }
  const inputs = [{ operator: input, keys: window.partitions }]
  return new RebuiltOperator({ inputs, layouts, make: () => new WindowPart(shape) }, scope)
}

class WindowPart implements RebuiltPart {
  readonly #shape: WindowShape
  readonly #rows: OrderedRows
  readonly #view: PartitionView
  readonly #evaluators: readonly MadeEvaluator[]
  /** What was told of each slot, a column a call. */
  readonly #told: RowTable
  /** The step in which a slot's row came, and that in which it was found to differ. */
  #cameIn: Float64Array = new Float64Array(64)
  #differsIn: Float64Array = new Float64Array(64)
  #stepNumber = 0

  constructor(shape: WindowShape) {
    this.#shape = shape
    this.#rows = new OrderedRows(shape.ordered)
    this.#view = new PartitionView(this.#rows)
    this.#told = new RowTable(shape.resultLayouts)
    const columnOf = (expression: Expression): number => this.#rows.otherColumns[shape.others.indexOf(expression)] as number
    this.#evaluators = shape.window.calls.map((call, at) => {
      const told = this.#told.columns[at] as StoredColumn
      return makeEvaluator(call, { rows: this.#rows, columnOf, told: new ToldResults(told) })
    })
  }

  get rowCount(): number {
    return this.#rows.table.rowCount
  }

  get bytes(): number {
    let bytes = this.#rows.bytes + this.#told.bytes + this.#cameIn.byteLength + this.#differsIn.byteLength
    for (const { state } of this.#evaluators) bytes += state?.bytes ?? 0
    return bytes
  }

  rows(): readonly ZBatch[] {
    return [this.#rows.rows()]
  }

  step([change]: readonly ZBatch[]): ZBatch {
    const batch = change as ZBatch
    this.#stepNumber += 1
    const movement = this.#move(batch)
    const touched = this.#gaps(movement)
    this.#changeStates(movement)
    const results = this.#evaluate(touched)
    const changed = this.#findChanged(results)
    const gone = this.#gather([...this.#thoseFromBefore(movement.went), ...changed], -1)
    this.#store(results)
    const come = this.#gather([...this.#thoseThatStay(movement), ...changed], 1)
    this.#forget(movement, touched)
    return concatBatches([gone, come], this.#shape.layouts)
  }

  /** Brings the rows into their partitions. What goes is there by then: from before, or from this batch. */
  #move(batch: ZBatch): Movement {
    const { count, weights, lanes } = batch
    let copies = 1
    for (let row = 0; row < count; row += 1) copies += Math.max(0, weights[row] as number)
    this.#rows.admit(lanes, { count, copies })
    this.#reserve(this.#rows.table.capacity)
    const movement: Movement = { came: new IntList(), went: new IntList(), slots: new IntList(), partitions: new IntList(), weights: [] }
    for (let row = 0; row < count; row += 1) for (let copy = weights[row] as number; copy > 0; copy -= 1) this.#come(row, movement)
    for (let row = 0; row < count; row += 1) for (let copy = weights[row] as number; copy < 0; copy += 1) this.#go(row, movement)
    return movement
  }

  #come(row: number, movement: Movement): void {
    const slot = this.#rows.put(row)
    const partition = this.#rows.partitionOf(row, slot)
    this.#rows.insert(partition, slot, 1)
    this.#cameIn[slot] = this.#stepNumber
    movement.came.push(slot)
    note(movement, { slot, partition, weight: 1 })
  }

  #go(row: number, movement: Movement): void {
    const given = this.#rows.put(row)
    const partition = this.#rows.partitionOf(row, given)
    const slot = this.#rows.find(partition, given)
    this.#rows.free(given)
    assert(slot >= 0, 'only a row that is there goes')
    this.#rows.remove(partition, slot)
    movement.went.push(slot)
    note(movement, { slot, partition, weight: -1 })
  }

  #reserve(capacity: number): void {
    this.#told.reserve(capacity)
    this.#cameIn = grownNumbers(this.#cameIn, capacity)
    this.#differsIn = grownNumbers(this.#differsIn, capacity)
  }

  /** Per touched partition the places at which rows came or went; of one that is mostly new, all of it. */
  #gaps({ slots, partitions, weights }: Movement): Map<number, Places[]> {
    const changes = new Map<number, number>()
    for (const partition of partitions.values()) changes.set(partition, (changes.get(partition) ?? 0) + 1)
    const gaps = new Map<number, Places[]>()
    for (const [partition, changed] of changes) {
      const count = this.#rows.tree.total(this.#rows.root(partition))
      gaps.set(partition, changed * 2 > count ? [{ from: 0, to: count }] : [])
    }
    const seen = new Set<number>()
    for (let at = slots.count - 1; at >= 0; at -= 1) {
      const slot = slots.at(at)
      const partition = partitions.at(at)
      const known = gaps.get(partition) as Places[]
      if (known[0]?.from === 0 && known[0].to === this.#rows.tree.total(this.#rows.root(partition))) continue
      if (seen.has(slot)) continue
      seen.add(slot)
      const from = this.#rows.placeOf(partition, slot)
      known.push({ from, to: (weights[at] as number) > 0 ? from + 1 : from })
    }
    return gaps
  }

  #changeStates({ slots, partitions, weights }: Movement): void {
    const changes = Float64Array.from(weights)
    for (const { state } of this.#evaluators) {
      state?.reserve(this.#rows.partitionCapacity)
      state?.change(slots.values(), partitions.values(), changes)
    }
  }

  #evaluate(touched: ReadonlyMap<number, Places[]>): readonly Results[] {
    const slots = this.#evaluators.map(() => new IntList())
    const builders = this.#told.columns.map(({ layout }) => new VectorBuilder(layout))
    for (const [partition, changes] of touched) {
      this.#view.open(partition)
      if (this.#view.count === 0) continue
      const gaps = joinedGaps(changes, this.#view.count)
      for (const [at, { evaluator }] of this.#evaluators.entries()) {
        evaluator.look(this.#view, gaps, { results: builders[at] as VectorBuilder, slots: slots[at] as IntList })
      }
    }
    return builders.map((builder, at) => ({ slots: (slots[at] as IntList).values(), lane: laneOf(builder.finish()) }))
  }

  /** The slots from before this step of which something else is told now. */
  #findChanged(results: readonly Results[]): readonly number[] {
    const changed: number[] = []
    for (const [at, { slots, lane }] of results.entries()) {
      const told = this.#told.columns[at] as StoredColumn
      for (let row = 0; row < slots.length; row += 1) {
        const slot = slots[row] as number
        if (this.#cameIn[slot] === this.#stepNumber || this.#differsIn[slot] === this.#stepNumber) continue
        if (isSame(told, slot, { lane, row })) continue
        this.#differsIn[slot] = this.#stepNumber
        changed.push(slot)
      }
    }
    return changed
  }

  #store(results: readonly Results[]): void {
    for (const [at, { slots, lane }] of results.entries()) {
      const column = this.#told.columns[at] as StoredColumn
      suitColumn(column, lane, this.#told.capacity)
      const lanes: Lane[] = []
      lanes[at] = lane
      for (let row = 0; row < slots.length; row += 1) this.#told.putColumn(at, slots[row] as number, lanes, row)
    }
  }

  #thoseFromBefore(slots: IntList): readonly number[] {
    return [...slots.values()].filter((slot) => this.#cameIn[slot] !== this.#stepNumber)
  }

  #thoseThatStay({ came, went }: Movement): readonly number[] {
    const gone = new Set(went.values())
    return [...came.values()].filter((slot) => !gone.has(slot))
  }

  #gather(list: readonly number[], weight: number): ZBatch {
    const slots = Int32Array.from(list)
    const count = slots.length
    const columns = [...this.#rows.table.columns.slice(0, this.#shape.ordered.rowColumns), ...this.#told.columns]
    const lanes = columns.map(({ layout, values, nulls }) => gatherLane({ layout, values: values as Lane['values'], nulls }, slots, count))
    return { count, lanes, weights: new Float64Array(count).fill(weight) }
  }

  #forget({ went }: Movement, touched: ReadonlyMap<number, Places[]>): void {
    for (const partition of touched.keys()) {
      if (!this.#rows.settle(partition)) continue
      for (const { state } of this.#evaluators) state?.clear(partition)
    }
    for (const slot of went.values()) this.#rows.free(slot)
  }
}

function note(movement: Movement, { slot, partition, weight }: { slot: number; partition: number; weight: number }): void {
  movement.slots.push(slot)
  movement.partitions.push(partition)
  movement.weights.push(weight)
}

function isSame({ layout, values, nulls }: StoredColumn, slot: number, { lane, row }: { lane: Lane; row: number }): boolean {
  const wasNull = nulls !== null && nulls[slot] === 1
  const isNull = lane.nulls !== null && lane.nulls[row] === 1
  if (wasNull || isNull) return wasNull === isNull
  if (layout === 'bytes') return Buffer.compare(values[slot] as Uint8Array, lane.values[row] as Uint8Array) === 0
  return Object.is(values[slot], lane.values[row])
}
