/**
 * ASOF JOIN. Both sides are kept in partitions of equal keys, in the order of their values. A left row is
 * looked at again where it changed itself, or where a right row came or went that is, or was, its nearest:
 * those left rows lie between that right row and the next one.
 */
import { assert } from '@millrace/base'
import { type Asof, type Expression, type Lane, layoutOfExpression, laneValues } from '@millrace/sql'
import { grownNumbers } from '../aggregate/accumulator.ts'
import { OrderedRows } from '../ordered/ordered-rows.ts'
import { OrderedShape } from '../ordered/ordered-shape.ts'
import type { StateScope } from '../spill/state-scope.ts'
import { type ComparedColumn, compileComparer, type RowComparer, type RowComparison } from '../ordered/row-comparison.ts'
import { NO_SLOT } from '../ordered/row-tree.ts'
import { IntList } from '../zset/growing-list.ts'
import type { RowMatcher } from '../zset/row-match.ts'
import type { RowTable } from '../zset/row-table.ts'
import { gatherLane, type ZBatch } from '../zset/z-batch.ts'
import type { Operator } from './operator.ts'
import { RebuiltOperator, type RebuiltPart } from './rebuilt-state.ts'

/** What a step did to one side: per touched partition the slots whose weight changed. */
type Changes = ReadonlyMap<number, ReadonlySet<number>>

/** What all parts have in common. */
interface AsofShape {
  readonly asof: Asof
  readonly left: OrderedShape
  readonly right: OrderedShape
  readonly leftColumn: number
  readonly rightColumn: number
  /** The order of a right row's value and a left row's. */
  readonly comparer: RowComparer
  readonly toRight: RowMatcher
  readonly toLeft: RowMatcher
}

export function asofOperator(inputs: { left: Operator; right: Operator }, asof: Asof, scope: StateScope): Operator {
  const { keys, leftValue, rightValue } = asof
  const keysOf = { left: keys.map((key) => key.left), right: keys.map((key) => key.right) }
  const order = { descending: false, nullsFirst: false }
  const shapeOf = (side: 'left' | 'right', expression: Expression): OrderedShape =>
    new OrderedShape({ layouts: inputs[side].layouts, partitions: keysOf[side], order: [{ ...order, expression }], others: [] })
  const [left, right] = [shapeOf('left', leftValue), shapeOf('right', rightValue)]
  const [leftColumn, rightColumn] = [left, right].map(({ orderColumns }) => (orderColumns[0] as ComparedColumn).left) as [number, number]
  const layout = layoutOfExpression(leftValue.type)
  const comparer = compileComparer([{ ...order, left: rightColumn, right: leftColumn, layout, exact: false }])
  const matchers = { toRight: right.partitionMatcher(left), toLeft: left.partitionMatcher(right) }
  const shape: AsofShape = { asof, left, right, leftColumn, rightColumn, comparer, ...matchers }
  const sides = (['left', 'right'] as const).map((side) => ({ operator: inputs[side], keys: keysOf[side] }))
  const layouts = [...inputs.left.layouts, ...inputs.right.layouts]
  return new RebuiltOperator({ inputs: sides, layouts, make: () => new AsofPart(shape) }, scope)
}

class AsofPart implements RebuiltPart {
  readonly #shape: AsofShape
  readonly #left: OrderedRows
  readonly #right: OrderedRows
  /** Per left slot how many copies are told, and with which right slot. */
  #told: Float64Array = new Float64Array(64)
  #matches: Float64Array = new Float64Array(64)
  #compare: RowComparison = () => 0
  readonly #pairs = { left: new IntList(), right: new IntList(), weights: [] as number[] }

  constructor(shape: AsofShape) {
    this.#shape = shape
    this.#left = new OrderedRows(shape.left)
    this.#right = new OrderedRows(shape.right)
  }

  get rowCount(): number {
    return this.#left.table.rowCount + this.#right.table.rowCount
  }

  get bytes(): number {
    return this.#left.bytes + this.#right.bytes + this.#told.byteLength + this.#matches.byteLength
  }

  rows(): readonly ZBatch[] {
    return [this.#left.rows(), this.#right.rows()]
  }

  step([left, right]: readonly ZBatch[]): ZBatch {
    const leftChanges = applied(
      this.#left,
      left as ZBatch,
      (slot) => (this.#told[slot] = 0),
      (capacity) => this.#reserve(capacity),
    )
    const rightChanges = applied(this.#right, right as ZBatch)
    this.#compare = this.#shape.comparer(this.#right.table, this.#left.table)
    this.#tellLeft(leftChanges)
    this.#tellReached(rightChanges)
    const output = this.#output()
    settle(this.#left, leftChanges)
    settle(this.#right, rightChanges)
    return output
  }

  #reserve(capacity: number): void {
    this.#told = grownNumbers(this.#told, capacity)
    this.#matches = grownNumbers(this.#matches, capacity)
  }

  #tellLeft(changes: Changes): void {
    const match = this.#shape.toRight(this.#right.table, lanesOf(this.#left.table))
    for (const [partition, slots] of changes) {
      const right = this.#right.partitionLike(match, this.#left, partition)
      for (const slot of slots) this.#tell(slot, right)
    }
  }

  #tellReached(changes: Changes): void {
    const match = this.#shape.toLeft(this.#left.table, lanesOf(this.#right.table))
    const reached = new IntList()
    for (const [partition, slots] of changes) {
      const left = this.#left.partitionLike(match, this.#right, partition)
      if (left < 0) continue
      for (const slot of slots) {
        reached.clear()
        this.#left.tree.collect(this.#left.root(left), this.#placesReached(partition, slot, left), reached)
        for (let at = 0; at < reached.count; at += 1) this.#tell(reached.at(at), partition)
      }
    }
  }

  /** The left rows whose nearest a right row is, or would be if it were there. */
  #placesReached(partition: number, slot: number, left: number): { from: number; to: number } {
    const { tree } = this.#right
    const { operator } = this.#shape.asof
    const root = this.#right.root(partition)
    const place = this.#right.placeOf(partition, slot)
    const looksBack = operator === 'greaterOrEqual' || operator === 'greater'
    // A left row with the very value of a right row has it as its nearest, or is the first that has not.
    const includes = operator === 'greaterOrEqual' || operator === 'less'
    if (looksBack) {
      const after = place + (tree.weightOf(slot) > 0 ? tree.weightOf(slot) : 0)
      const next = after < tree.total(root) ? tree.at(root, after) : NO_SLOT
      const to = next < 0 ? this.#left.tree.total(this.#left.root(left)) : this.#leftsBefore(left, next, includes)
      return { from: this.#leftsBefore(left, slot, includes), to }
    }
    const previous = place > 0 ? tree.at(root, place - 1) : NO_SLOT
    return { from: previous < 0 ? 0 : this.#leftsBefore(left, previous, includes), to: this.#leftsBefore(left, slot, includes) }
  }

  /** How many left rows have a value below that of a right row, or, if told so, the same. */
  #leftsBefore(left: number, slot: number, excludesSame: boolean): number {
    const compare = this.#compare
    return this.#left.tree.countWhile(
      this.#left.root(left),
      excludesSame ? (row) => compare(slot, row) > 0 : (row) => compare(slot, row) >= 0,
    )
  }

  #tell(slot: number, right: number): void {
    const copies = this.#left.tree.weightOf(slot)
    const match = right < 0 || copies === 0 ? NO_SLOT : this.#matchOf(slot, right)
    const now = match < 0 && !this.#shape.asof.outer ? 0 : copies
    const before = this.#told[slot] as number
    const old = this.#matches[slot] as number
    if (before === now && (now === 0 || old === match)) return
    if (before !== 0) this.#push(slot, old, -before)
    if (now !== 0) this.#push(slot, match, now)
    this.#told[slot] = now
    this.#matches[slot] = match
  }

  #matchOf(slot: number, right: number): number {
    if (isNull(this.#left.table, this.#shape.leftColumn, slot) || !this.#canMatch(slot)) return NO_SLOT
    const { tree } = this.#right
    const root = this.#right.root(right)
    const compare = this.#compare
    const { operator } = this.#shape.asof
    const withSame = operator === 'greaterOrEqual' || operator === 'less'
    const count = tree.countWhile(root, withSame ? (row) => compare(row, slot) <= 0 : (row) => compare(row, slot) < 0)
    const place = operator === 'greaterOrEqual' || operator === 'greater' ? count - 1 : count
    if (place < 0 || place >= tree.total(root)) return NO_SLOT
    const found = tree.at(root, place)
    return isNull(this.#right.table, this.#shape.rightColumn, found) ? NO_SLOT : found
  }

  /** A NULL among the keys equals nothing. */
  #canMatch(slot: number): boolean {
    return this.#shape.asof.keys.every(
      (key, at) => key.nullsMatch || !isNull(this.#left.table, this.#left.partitionColumns[at] as number, slot),
    )
  }

  #push(left: number, right: number, weight: number): void {
    this.#pairs.left.push(left)
    this.#pairs.right.push(right)
    this.#pairs.weights.push(weight)
  }

  #output(): ZBatch {
    const { left, right, weights } = this.#pairs
    const { count } = left
    const missing = right.values().some((slot) => slot < 0)
    const rightSlots = right.values().map((slot) => Math.max(0, slot))
    const own = lanesOf(this.#left.table).slice(0, this.#shape.left.rowColumns)
    const other = lanesOf(this.#right.table).slice(0, this.#shape.right.rowColumns)
    const lanes = [
      ...own.map((lane) => gatherLane(lane, left.values(), count)),
      ...other.map((lane) => {
        if (this.#right.table.slotCount === 0)
          return { layout: lane.layout, values: laneValues(lane.layout, count), nulls: new Uint8Array(count).fill(1) }
        const gathered = gatherLane(lane, rightSlots, count)
        return missing ? { ...gathered, nulls: withMissing(gathered.nulls, right) } : gathered
      }),
    ]
    const batch = { count, lanes, weights: Float64Array.from(weights) }
    left.clear()
    right.clear()
    weights.length = 0
    return batch
  }
}

function withMissing(nulls: Uint8Array | null, slots: IntList): Uint8Array {
  const flags = nulls ?? new Uint8Array(slots.count)
  for (let at = 0; at < slots.count; at += 1) if (slots.at(at) < 0) flags[at] = 1
  return flags
}

/** Brings a batch into the order of a side; what goes is there by then: from before, or from this batch. */
function applied(rows: OrderedRows, batch: ZBatch, came?: (slot: number) => void, reserve?: (capacity: number) => void): Changes {
  const changes = new Map<number, Set<number>>()
  if (batch.count === 0) return changes
  rows.admit(batch.lanes, { count: batch.count, copies: batch.count })
  reserve?.(rows.table.capacity)
  const change = (row: number, weight: number): void => {
    const given = rows.put(row)
    const partition = rows.partitionOf(row, given)
    const known = rows.find(partition, given)
    if (known < 0) {
      assert(weight > 0, 'only a row that is there goes')
      came?.(given)
      rows.insert(partition, given, weight)
    } else {
      rows.free(given)
      rows.add(partition, known, weight)
    }
    const slot = known < 0 ? given : known
    changes.set(partition, (changes.get(partition) ?? new Set()).add(slot))
  }
  for (let row = 0; row < batch.count; row += 1) if ((batch.weights[row] as number) > 0) change(row, batch.weights[row] as number)
  for (let row = 0; row < batch.count; row += 1) if ((batch.weights[row] as number) < 0) change(row, batch.weights[row] as number)
  for (const [partition, slots] of changes) for (const slot of slots) if (rows.tree.weightOf(slot) === 0) rows.remove(partition, slot)
  return changes
}

function settle(rows: OrderedRows, changes: Changes): void {
  for (const [partition, slots] of changes) {
    rows.settle(partition)
    for (const slot of slots) if (rows.tree.weightOf(slot) === 0) rows.free(slot)
  }
}

function lanesOf(table: RowTable): readonly Lane[] {
  return table.columns.map(({ layout, values, nulls }) => ({ layout, values: values as Lane['values'], nulls }))
}

function isNull(table: RowTable, column: number, slot: number): boolean {
  const nulls = table.columns[column]?.nulls ?? null
  return nulls !== null && nulls[slot] === 1
}
