/**
 * Each row of the input with a label of its session, which rows of another session of its partition do not have. A
 * step asks only of the rows whose neighbours changed whether they begin a session, and tells the rows that came, that
 * went, and those whose session was cut or joined to another, of both sides the fewer.
 */
import type { Layout } from '@millrace/core'
import { compileProjection, type Lane, type Projection } from '@millrace/sql'
import { grownNumbers } from '../aggregate/accumulator.ts'
import type { Sessions } from '../rewrite/find-sessions.ts'
import { SessionLabels } from '../session/session-labels.ts'
import { grownSlots, SessionRows } from '../session/session-rows.ts'
import { IntList, NumberList } from '../zset/growing-list.ts'
import type { ZBatch } from '../zset/z-batch.ts'
import { OrderedShape } from '../ordered/ordered-shape.ts'
import type { StateScope } from '../spill/state-scope.ts'
import type { Operator } from './operator.ts'
import { RebuiltOperator, type RebuiltPart } from './rebuilt-state.ts'

/** What all parts have in common. */
interface SessionShape {
  readonly ordered: OrderedShape
  readonly orderColumn: number
  /** What the model's own expression says of rows with the values of those before them. */
  readonly begins: Projection
}

export function sessionOperator(input: Operator, sessions: Omit<Sessions, 'input'>, scope: StateScope): Operator {
  const { partitions, order, orderColumn, begins } = sessions
  const ordered = new OrderedShape({ layouts: input.layouts, partitions, order: [order], others: [] })
  const shape: SessionShape = { ordered, orderColumn, begins: compileProjection([begins]) }
  const layouts: readonly Layout[] = [...input.layouts, 'integer']
  return new RebuiltOperator({ inputs: [{ operator: input, keys: partitions }], layouts, make: () => new SessionPart(shape) }, scope)
}

class SessionPart implements RebuiltPart {
  readonly #shape: SessionShape
  readonly #rows: SessionRows
  readonly #labels: SessionLabels
  /** What was told of each slot: under which label, and how many copies; of a free one none. */
  #toldLabels: Int32Array = new Int32Array(64)
  #toldCopies: Float64Array = new Float64Array(64)

  constructor(shape: SessionShape) {
    this.#shape = shape
    this.#rows = new SessionRows(shape.ordered)
    this.#labels = new SessionLabels(this.#rows)
  }

  get rowCount(): number {
    return this.#rows.ordered.table.rowCount
  }

  get bytes(): number {
    return this.#rows.bytes + this.#labels.bytes + this.#toldLabels.byteLength + this.#toldCopies.byteLength
  }

  step([change]: readonly ZBatch[]): ZBatch {
    const batch = change as ZBatch
    this.#rows.admit(batch)
    this.#reserve(this.#rows.capacity)
    this.#move(batch)
    this.#divide()
    const output = this.#tell()
    this.#rows.settle()
    this.#labels.settle()
    return output
  }

  /** With the label of each behind its columns: another one would be told as another session. */
  rows(): readonly ZBatch[] {
    const slots = this.#rows.ordered.slots()
    const { count, lanes } = this.#rows.ordered.rowsAt(slots)
    const label: Lane = { layout: 'integer', values: Float64Array.from(slots, (slot) => this.#labels.of(slot)), nulls: null }
    return [{ count, lanes: [...lanes, label], weights: Float64Array.from(slots, (slot) => this.#rows.copies(slot)) }]
  }

  restore([input]: readonly ZBatch[]): void {
    const { count, lanes, weights } = input as ZBatch
    const labels = (lanes.at(-1) as Lane).values as Float64Array
    this.#rows.admit({ count, lanes: lanes.slice(0, -1), weights })
    this.#reserve(this.#rows.capacity)
    const slots = Int32Array.from({ length: count }, (_, row) => this.#rows.come(row, weights[row] as number))
    this.#labels.restore(slots, labels)
    for (const [at, slot] of slots.entries()) {
      this.#toldLabels[slot] = labels[at] as number
      this.#toldCopies[slot] = weights[at] as number
    }
  }

  #reserve(capacity: number): void {
    this.#labels.reserve(capacity)
    this.#toldLabels = grownSlots(this.#toldLabels, capacity)
    this.#toldCopies = grownNumbers(this.#toldCopies, capacity)
  }

  /** What goes is there by then: from before, or from this batch. */
  #move({ count, weights }: ZBatch): void {
    for (let row = 0; row < count; row += 1) {
      const weight = weights[row] as number
      const slot = weight > 0 ? this.#rows.come(row, weight) : -1
      if (slot >= 0) this.#labels.join(slot)
    }
    for (let row = 0; row < count; row += 1) {
      const weight = weights[row] as number
      const slot = weight < 0 ? this.#rows.go(row, -weight) : -1
      if (slot >= 0) this.#labels.leave(slot)
    }
  }

  /** Cuts and joins sessions where a row begins one that did not, or the other way round. */
  #divide(): void {
    const rows = this.#rows
    const { doubtful } = rows
    const isBeginning = this.#beginnings()
    for (let at = 0; at < doubtful.count; at += 1) {
      const slot = doubtful.at(at)
      const before = rows.before(slot)
      if (rows.copies(slot) === 0 || before < 0) continue
      const isSame = this.#labels.of(before) === this.#labels.of(slot)
      if (isBeginning[at] === 1 && isSame) this.#labels.cut(slot)
      else if (isBeginning[at] !== 1 && !isSame) this.#labels.merge(slot)
    }
  }

  /**
   * Per row in doubt whether it begins a session. Of rows at the same value the first one does if any of them says so:
   * all have the same number. The others see that value as the row before's.
   */
  #beginnings(): Uint8Array {
    const rows = this.#rows
    const { doubtful } = rows
    const slots = new IntList()
    const befores = new IntList()
    const asked = new IntList()
    const ask = (at: number, slot: number, before: number): void => {
      asked.push(at)
      slots.push(slot)
      befores.push(before)
    }
    for (let at = 0; at < doubtful.count; at += 1) {
      const slot = doubtful.at(at)
      if (rows.copies(slot) === 0) continue
      if (rows.isPeer(slot)) {
        const first = rows.before(slot)
        if (!rows.isPeer(first)) doubtful.add(first)
        continue
      }
      ask(at, slot, rows.before(slot))
      if (rows.hasPeers(slot)) ask(at, slot, slot)
    }
    const beginnings = new Uint8Array(doubtful.count)
    const values = this.#valuesOf(slots, befores)
    for (let at = 0; at < asked.count; at += 1) if (values[at] === 1) beginnings[asked.at(at)] = 1
    return beginnings
  }

  /** What the model's own expression says of pairs of rows. */
  #valuesOf(slots: IntList, befores: IntList): ArrayLike<unknown> {
    const { count } = slots
    if (count === 0) return []
    const { table } = this.#rows.ordered
    const before = befores.values()
    const isNone = before.map((slot) => (slot < 0 ? 1 : 0))
    const own = table.gatherColumn(this.#shape.orderColumn, slots.values(), count)
    const other = table.gatherColumn(
      this.#shape.orderColumn,
      before.map((slot) => Math.max(0, slot)),
      count,
    )
    const lanes: Lane[] = []
    lanes[this.#shape.orderColumn] = own
    lanes[this.#shape.ordered.rowColumns] = { ...other, nulls: Uint8Array.from(isNone, (none, at) => none | (other.nulls?.[at] ?? 0)) }
    return (this.#shape.begins(lanes, count)[0] as Lane).values
  }

  #tell(): ZBatch {
    const { touched } = this.#rows
    const slots = new IntList()
    const labels = new NumberList()
    const weights = new NumberList()
    const tell = (slot: number, label: number, weight: number): void => {
      if (weight === 0) return
      slots.push(slot)
      labels.push(label)
      weights.push(weight)
    }
    for (let at = 0; at < touched.count; at += 1) {
      const slot = touched.at(at)
      const [label, copies] = [this.#labels.of(slot), this.#rows.copies(slot)]
      const [toldLabel, toldCopies] = [this.#toldLabels[slot] as number, this.#toldCopies[slot] as number]
      if (label === toldLabel) tell(slot, label, copies - toldCopies)
      else {
        tell(slot, toldLabel, -toldCopies)
        tell(slot, label, copies)
      }
      this.#toldLabels[slot] = label
      this.#toldCopies[slot] = copies
    }
    const { table } = this.#rows.ordered
    const own = Array.from({ length: this.#shape.ordered.rowColumns }, (_, at) => table.gatherColumn(at, slots.values(), slots.count))
    const label: Lane = { layout: 'integer', values: labels.values(), nulls: null }
    return { count: slots.count, lanes: [...own, label], weights: weights.values() }
  }
}
