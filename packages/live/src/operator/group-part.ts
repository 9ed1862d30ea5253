/**
 * Some of the groups of a GROUP BY: all of them, or those whose keys have some hash. Per step each touched group is
 * told at most once: its old row goes, its new one comes, and nothing where they are the same.
 */
import { assert } from '@millrace/base'
import type { Lane } from '@millrace/sql'
import { type Accumulator, grownNumbers } from '../aggregate/accumulator.ts'
import { type LaneReader, LaneWriter } from '../spill/saved-lanes.ts'
import type { StatePart } from '../spill/state-tree.ts'
import { HashedSlots } from '../zset/hashed-slots.ts'
import { hashRows } from '../zset/row-hash.ts'
import { IntList } from '../zset/growing-list.ts'
import { RowTable } from '../zset/row-table.ts'
import { gatherLane, type ZBatch } from '../zset/z-batch.ts'
import type { GroupShape } from './group-shape.ts'

/** What the groups' own expressions and the calls' arguments are for some rows. */
export interface GroupedRows {
  readonly count: number
  readonly lanes: readonly Lane[]
  readonly weights: Float64Array
  /** Of the columns that tell the groups apart. */
  readonly hashes: Int32Array
}

interface Told {
  readonly gone: Int32Array
  readonly come: Int32Array
  readonly before: readonly Lane[]
  readonly after: readonly Lane[]
}

export class GroupPart implements StatePart {
  readonly #shape: GroupShape
  readonly #accumulators: readonly Accumulator[]
  readonly #table: RowTable
  readonly #index = new HashedSlots()
  /** How many rows each group has. */
  #totals: Float64Array = new Float64Array(64)
  /** The step in which each group was last touched. */
  #touchedIn: Float64Array = new Float64Array(64)
  #stepNumber = 0
  readonly #touched = new IntList()

  constructor(shape: GroupShape) {
    this.#shape = shape
    this.#accumulators = shape.makeAccumulators()
    this.#table = new RowTable(shape.groupLayouts)
  }

  get rowCount(): number {
    return this.#table.rowCount
  }

  get bytes(): number {
    let bytes = this.#table.bytes + this.#index.bytes + this.#totals.byteLength + this.#touchedIn.byteLength
    for (const accumulator of this.#accumulators) bytes += accumulator.state.bytes
    return bytes
  }

  /** `isFirst`: the step with which the groups come to be. */
  step(rows: GroupedRows, isFirst: boolean): ZBatch {
    this.#stepNumber += 1
    this.#touched.clear()
    if (isFirst && this.#shape.isGlobal) this.#touchGlobal()
    const slots = rows.count === 0 ? new Int32Array(0) : this.#slotsOf(rows)
    const touched = this.#touched.values()
    const existed = this.#existence(touched, !isFirst)
    const before = this.#results(touched)
    if (rows.count > 0) this.#accumulate(rows, slots)
    const output = this.#difference(touched, { existed, before })
    this.#forgetEmpty(touched)
    return output
  }

  /** The slots of all its groups. */
  slots(): Int32Array {
    const slots = new Int32Array(this.#table.rowCount)
    let next = 0
    for (let slot = 0; slot < this.#table.slotCount; slot += 1) if (this.#index.holds(slot)) slots[next++] = slot
    return slots.subarray(0, next)
  }

  /** The columns of some groups. */
  groupsAt(slots: Int32Array): readonly Lane[] {
    return this.#table.gather(slots, slots.length)
  }

  save(slots: Int32Array): LaneWriter {
    const writer = new LaneWriter()
    const totals = Float64Array.from(slots, (slot) => this.#totals[slot] as number)
    writer.put(slots.length, [{ layout: 'integer', values: totals, nulls: null }, ...this.groupsAt(slots)])
    for (const accumulator of this.#accumulators) accumulator.state.save(slots, writer)
    return writer
  }

  /** Takes up groups of which none is there yet. */
  load(reader: LaneReader): void {
    const { count, lanes } = reader.take()
    const [totals, ...groups] = lanes
    const hashes = hashRows(groups, this.#shape.identity, count)
    this.#table.admit(groups, count)
    this.#reserve(this.#table.capacity)
    const slots = new Int32Array(count)
    for (let row = 0; row < count; row += 1) {
      const slot = this.#table.allocate()
      slots[row] = slot
      this.#table.put(slot, groups, row)
      this.#index.add(hashes[row] as number, slot)
      this.#totals[slot] = totals?.values[row] as number
    }
    for (const accumulator of this.#accumulators) accumulator.state.load(slots, reader)
  }

  /** The one group of an aggregate without GROUP BY is there before its first row. */
  #touchGlobal(): void {
    const slot = this.#table.allocate()
    assert(slot === 0, 'the only group has the first slot')
    this.#reserve(1)
    this.#index.add(hashRows([], [], 1)[0] as number, slot)
    this.#touch(slot)
  }

  #slotsOf({ lanes, count, hashes }: GroupedRows): Int32Array {
    this.#table.admit(lanes, count)
    this.#reserve(this.#table.capacity)
    const match = this.#shape.matcher(this.#table, lanes)
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
    for (const accumulator of this.#accumulators) accumulator.state.reserve(capacity)
    this.#totals = grownNumbers(this.#totals, capacity)
    this.#touchedIn = grownNumbers(this.#touchedIn, capacity)
  }

  #existence(slots: Int32Array, globalExists: boolean): Uint8Array {
    const exists = new Uint8Array(slots.length)
    for (let at = 0; at < slots.length; at += 1) {
      exists[at] = this.#shape.isGlobal ? Number(globalExists) : Number((this.#totals[slots[at] as number] as number) > 0)
    }
    return exists
  }

  #results(slots: Int32Array): Lane[] {
    return this.#accumulators.map((accumulator) => accumulator.results(slots, slots.length))
  }

  #accumulate({ count, lanes, weights }: GroupedRows, slots: Int32Array): void {
    const totals = this.#totals
    for (let row = 0; row < count; row += 1) {
      const slot = slots[row] as number
      totals[slot] = (totals[slot] as number) + (weights[row] as number)
    }
    for (const [at, { lanes: own, conditionLane }] of this.#shape.calls.entries()) {
      const read = own.map((lane) => lanes[lane] as Lane)
      const masked = conditionLane < 0 ? weights : maskWeights(weights, lanes[conditionLane] as Lane, count)
      const accumulator = this.#accumulators[at] as Accumulator
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

  #tell(slots: Int32Array, { gone, come, before, after }: Told): ZBatch {
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
    if (this.#shape.isGlobal) return
    for (let at = 0; at < slots.length; at += 1) {
      const slot = slots[at] as number
      const total = this.#totals[slot] as number
      assert(total >= 0, 'a group never has fewer than no rows')
      if (total > 0) continue
      this.#index.remove(slot)
      this.#table.free(slot)
      for (const accumulator of this.#accumulators) accumulator.state.clear(slot)
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
