/**
 * GROUP BY. Per step each touched group is told at most once: its old row goes, its new one comes, and
 * nothing where they are the same. Without groups there is one row from the first step on. DISTINCT is
 * the same with all columns as the group and no aggregate.
 */
import { assert } from '@millrace/base'
import { type Layout, layoutOf } from '@millrace/core'
import { type AggregateCall, compileProjection, type Expression, type Lane, layoutOfExpression, type Projection } from '@millrace/sql'
import type { Accumulator } from '../aggregate/accumulator.ts'
import { makeAccumulator } from '../aggregate/make-accumulator.ts'
import { IntList } from '../zset/growing-list.ts'
import { hashRows } from '../zset/row-hash.ts'
import { compileMatcher, type RowMatcher } from '../zset/row-match.ts'
import { RowTable } from '../zset/row-table.ts'
import { HashedSlots } from '../zset/hashed-slots.ts'
import { emptyBatch, gatherLane, type ZBatch } from '../zset/z-batch.ts'
import type { Operator, OperatorSize, Step } from './operator.ts'

export interface GroupedBy {
  readonly groups: readonly Expression[]
  /** Those of the groups, by index, that the others are proven to follow from. */
  readonly identity: readonly number[]
  readonly calls: readonly AggregateCall[]
}

interface AggregatePart {
  readonly accumulator: Accumulator
  /** Where the projection puts the arguments and the ORDER BY. */
  readonly lanes: readonly number[]
  /** Where it puts the FILTER condition; -1 for none. */
  readonly conditionLane: number
}

export class AggregateOperator implements Operator {
  readonly layouts: readonly Layout[]
  readonly #input: Operator
  readonly #projection: Projection
  readonly #parts: readonly AggregatePart[]
  readonly #groupColumns: readonly number[]
  /** The groups that are hashed and compared; the others follow from them. */
  readonly #identity: readonly number[]
  readonly #matcher: RowMatcher
  readonly #table: RowTable
  readonly #index = new HashedSlots()
  /** How many rows each group has. */
  #totals: Float64Array = new Float64Array(64)
  /** The step in which each group was last touched. */
  #touchedIn: Float64Array = new Float64Array(64)
  #stepNumber = 0
  readonly #touched = new IntList()

  constructor(input: Operator, { groups, identity, calls }: GroupedBy) {
    this.#input = input
    const expressions: Expression[] = [...groups]
    const place = (expression: Expression): number => expressions.push(expression) - 1
    this.#parts = calls.map((call) => ({
      accumulator: makeAccumulator(call),
      lanes: [...call.inputs, ...call.order.map((key) => key.expression)].map(place),
      conditionLane: call.condition === null ? -1 : place(call.condition),
    }))
    this.#projection = compileProjection(expressions)
    this.#groupColumns = groups.map((_, at) => at)
    this.#identity = identity
    const groupLayouts = groups.map((group) => layoutOfExpression(group.type))
    this.#table = new RowTable(groupLayouts)
    this.#matcher = compileMatcher(
      { layouts: groupLayouts, storedColumns: this.#groupColumns, laneColumns: this.#groupColumns },
      'grouping',
    )
    this.layouts = [...groupLayouts, ...calls.map((call) => layoutOf(call.type as Parameters<typeof layoutOf>[0]))]
  }

  step(step: Step): ZBatch {
    const batch = this.#input.step(step)
    this.#begin()
    if (step.first && this.#isGlobal) this.#touchGlobal()
    if (batch.count === 0 && this.#touched.count === 0) return emptyBatch(this.layouts)
    const lanes = batch.count === 0 ? [] : this.#projection(batch.lanes, batch.count)
    const slots = batch.count === 0 ? new Int32Array(0) : this.#slotsOf(lanes, batch.count)
    const touched = this.#touched.values()
    const existed = this.#existence(touched, !step.first)
    const before = this.#results(touched)
    if (batch.count > 0) this.#accumulate(batch, lanes, slots)
    const output = this.#difference(touched, { existed, before })
    this.#forgetEmpty(touched)
    return output
  }

  size(): OperatorSize {
    return { rows: this.#table.rowCount + this.#input.size().rows }
  }

  get #isGlobal(): boolean {
    return this.#groupColumns.length === 0
  }

  #begin(): void {
    this.#stepNumber += 1
    this.#touched.clear()
  }

  /** The one group of an aggregate without GROUP BY is there before its first row. */
  #touchGlobal(): void {
    const slot = this.#table.allocate()
    assert(slot === 0, 'the only group has the first slot')
    this.#reserve(1)
    this.#index.add(hashRows([], [], 1)[0] as number, slot)
    this.#touch(slot)
  }

  #slotsOf(lanes: readonly Lane[], count: number): Int32Array {
    const hashes = hashRows(lanes, this.#identity, count)
    this.#table.admit(lanes, count)
    this.#reserve(this.#table.capacity)
    const match = this.#matcher(this.#table, lanes)
    const slots = new Int32Array(count)
    for (let row = 0; row < count; row += 1) {
      const hash = hashes[row] as number
      let slot = this.#index.find(hash, match, row)
      if (slot < 0) {
        slot = this.#table.allocate()
        this.#table.put(slot, lanes, row)
        this.#index.add(hash, slot)
      }
      slots[row] = slot
      if (this.#touchedIn[slot] !== this.#stepNumber) this.#touch(slot)
    }
    return slots
  }

  #touch(slot: number): void {
    this.#touchedIn[slot] = this.#stepNumber
    this.#touched.push(slot)
  }

  #reserve(capacity: number): void {
    for (const { accumulator } of this.#parts) accumulator.reserve(capacity)
    if (capacity <= this.#totals.length) return
    this.#totals = grown(this.#totals, capacity)
    this.#touchedIn = grown(this.#touchedIn, capacity)
  }

  #existence(slots: Int32Array, globalExists: boolean): Uint8Array {
    const exists = new Uint8Array(slots.length)
    for (let at = 0; at < slots.length; at += 1) {
      exists[at] = this.#isGlobal ? Number(globalExists) : Number((this.#totals[slots[at] as number] as number) > 0)
    }
    return exists
  }

  #results(slots: Int32Array): Lane[] {
    return this.#parts.map(({ accumulator }) => accumulator.results(slots, slots.length))
  }

  #accumulate(batch: ZBatch, lanes: readonly Lane[], slots: Int32Array): void {
    const { count, weights } = batch
    const totals = this.#totals
    for (let row = 0; row < count; row += 1) {
      const slot = slots[row] as number
      totals[slot] = (totals[slot] as number) + (weights[row] as number)
    }
    for (const { accumulator, lanes: own, conditionLane } of this.#parts) {
      const read = own.map((at) => lanes[at] as Lane)
      const masked = conditionLane < 0 ? weights : maskWeights(weights, lanes[conditionLane] as Lane, count)
      accumulator.add(slots, { count, lanes: read, weights: masked })
    }
  }

  #difference(slots: Int32Array, { existed, before }: { existed: Uint8Array; before: readonly Lane[] }): ZBatch {
    const exists = this.#existence(slots, true)
    const after = this.#results(slots)
    const gone = new IntList()
    const come = new IntList()
    for (let at = 0; at < slots.length; at += 1) {
      const same = existed[at] === exists[at] && sameResults(before, after, at)
      if (same) continue
      if (existed[at] === 1) gone.push(at)
      if (exists[at] === 1) come.push(at)
    }
    return this.#tell(slots, { gone: gone.values(), come: come.values(), before, after })
  }

  #tell(slots: Int32Array, told: { gone: Int32Array; come: Int32Array; before: readonly Lane[]; after: readonly Lane[] }): ZBatch {
    const { gone, come, before, after } = told
    const count = gone.length + come.length
    const rows = new Int32Array(count)
    const weights = new Float64Array(count)
    for (let at = 0; at < gone.length; at += 1) {
      rows[at] = slots[gone[at] as number] as number
      weights[at] = -1
    }
    for (let at = 0; at < come.length; at += 1) {
      rows[gone.length + at] = slots[come[at] as number] as number
      weights[gone.length + at] = 1
    }
    const results = before.map((lane, part) =>
      joined(gatherLane(lane, gone, gone.length), gatherLane(after[part] as Lane, come, come.length), gone.length, count),
    )
    return { count, lanes: [...this.#table.gather(rows, count), ...results], weights }
  }

  #forgetEmpty(slots: Int32Array): void {
    if (this.#isGlobal) return
    for (let at = 0; at < slots.length; at += 1) {
      const slot = slots[at] as number
      const total = this.#totals[slot] as number
      assert(total >= 0, 'a group never has fewer than no rows')
      if (total > 0) continue
      this.#index.remove(slot)
      this.#table.free(slot)
      for (const { accumulator } of this.#parts) accumulator.clear(slot)
    }
  }
}

function maskWeights(weights: Float64Array, condition: Lane, count: number): Float64Array {
  const masked = new Float64Array(count)
  for (let row = 0; row < count; row += 1) {
    const holds = condition.values[row] === 1 && (condition.nulls === null || condition.nulls[row] === 0)
    masked[row] = holds ? (weights[row] as number) : 0
  }
  return masked
}

function sameResults(before: readonly Lane[], after: readonly Lane[], at: number): boolean {
  for (let part = 0; part < before.length; part += 1) {
    const old = before[part] as Lane
    const now = after[part] as Lane
    const oldNull = old.nulls !== null && old.nulls[at] === 1
    const nowNull = now.nulls !== null && now.nulls[at] === 1
    if (oldNull !== nowNull || (!oldNull && !Object.is(old.values[at], now.values[at]))) return false
  }
  return true
}

/** Two lanes of one layout after each other. */
function joined(first: Lane, second: Lane, firstCount: number, count: number): Lane {
  const nulls = first.nulls === null && second.nulls === null ? null : new Uint8Array(count)
  if (nulls !== null && first.nulls !== null) nulls.set(first.nulls)
  if (nulls !== null && second.nulls !== null) nulls.set(second.nulls, firstCount)
  if (first.values instanceof Float64Array && second.values instanceof Float64Array) {
    const values = new Float64Array(count)
    values.set(first.values)
    values.set(second.values, firstCount)
    return { layout: first.layout, values, nulls }
  }
  if (first.values instanceof Uint8Array && second.values instanceof Uint8Array) {
    const values = new Uint8Array(count)
    values.set(first.values)
    values.set(second.values, firstCount)
    return { layout: first.layout, values, nulls }
  }
  return { layout: first.layout, values: [...first.values, ...second.values] as string[], nulls }
}

function grown(values: Float64Array, capacity: number): Float64Array {
  const larger = new Float64Array(Math.max(capacity, values.length * 2))
  larger.set(values)
  return larger
}
