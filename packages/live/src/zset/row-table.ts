/**
 * Rows at rest: typed columns that grow, addressed by slot. A freed slot is used again. Whole numbers
 * take four bytes each until the first one comes that needs eight: most columns never see one.
 */
import type { Layout } from '@millrace/core'
import { type Lane, type LaneValues, laneValues } from '@millrace/sql'
import { gatherNulls, gatherValues } from './z-batch.ts'

const FIRST_CAPACITY = 64
const GROWTH = 1.5

export interface StoredColumn {
  readonly layout: Layout
  values: LaneValues | Int32Array
  nulls: Uint8Array | null
}

export class RowTable {
  readonly columns: readonly StoredColumn[]
  #capacity = FIRST_CAPACITY
  #used = 0
  #free: number[] = []

  constructor(layouts: readonly Layout[]) {
    this.columns = layouts.map((layout) => ({
      layout,
      values: layout === 'integer' ? new Int32Array(FIRST_CAPACITY) : laneValues(layout, FIRST_CAPACITY),
      nulls: null,
    }))
  }

  /** Slots ever used: all live ones lie below. */
  get slotCount(): number {
    return this.#used
  }

  get rowCount(): number {
    return this.#used - this.#free.length
  }

  get capacity(): number {
    return this.#capacity
  }

  /** About what it takes in memory: of texts a few are asked. */
  get bytes(): number {
    let bytes = 0
    for (const column of this.columns) bytes += bytesOfValues(column.values, this.#used) + (column.nulls?.byteLength ?? 0)
    return bytes
  }

  /**
   * Makes room for `count` further rows of the given lanes. Until as many have been put, no column is
   * replaced, so that a caller may hold on to the arrays.
   */
  admit(lanes: readonly Lane[], count: number): void {
    this.reserve(this.#used + count)
    this.suit(lanes)
  }

  /** Makes each column able to hold what its lane holds: NULLs, wide whole numbers. */
  suit(lanes: readonly Lane[]): void {
    for (const [at, column] of this.columns.entries()) suitColumn(column, lanes[at] as Lane, this.#capacity)
  }

  reserve(slots: number): void {
    if (slots <= this.#capacity) return
    this.#capacity = Math.max(slots, Math.ceil(this.#capacity * GROWTH))
    for (const column of this.columns) {
      column.values = grownValues(column, this.#capacity)
      if (column.nulls !== null) column.nulls = grownFlags(column.nulls, this.#capacity)
    }
  }

  allocate(): number {
    return this.#free.pop() ?? this.#used++
  }

  /** Takes all slots below `count` as used, without writing them. */
  claim(count: number): void {
    this.reserve(count)
    this.#used = Math.max(this.#used, count)
  }

  free(slot: number): void {
    for (const { layout, values } of this.columns) if (layout === 'text' || layout === 'bytes') release(values, slot)
    this.#free.push(slot)
  }

  /** Copies a row of admitted lanes to a slot. */
  put(slot: number, lanes: readonly Lane[], row: number): void {
    for (let at = 0; at < this.columns.length; at += 1) this.putColumn(at, slot, lanes, row)
  }

  putColumn(at: number, slot: number, lanes: readonly Lane[], row: number): void {
    const column = this.columns[at] as StoredColumn
    const lane = lanes[at] as Lane
    const isNull = lane.nulls !== null && lane.nulls[row] === 1
    if (column.nulls !== null) column.nulls[slot] = isNull ? 1 : 0
    if (!isNull) column.values[slot] = lane.values[row] as never
  }

  gather(slots: Int32Array, count: number): Lane[] {
    return this.columns.map((_, at) => this.gatherColumn(at, slots, count))
  }

  gatherColumn(at: number, slots: Int32Array, count: number): Lane {
    const { layout, values, nulls } = this.columns[at] as StoredColumn
    return { layout, values: gatherValues(values, slots, count), nulls: gatherNulls(nulls, slots, count) }
  }
}

/** What V8 takes for an item of a list beside its characters: the reference, the header, the rounding up. */
const ITEM_BYTES = 28
const ITEMS_ASKED = 32

function bytesOfValues(values: StoredColumn['values'], used: number): number {
  if (!Array.isArray(values)) return values.byteLength
  const items = values as readonly unknown[]
  const step = Math.max(1, Math.floor(used / ITEMS_ASKED))
  let asked = 0
  let length = 0
  for (let at = 0; at < used; at += step) {
    const item = items[at]
    asked += 1
    if (typeof item === 'string' || item instanceof Uint8Array) length += item.length
  }
  return values.length * 8 + Math.ceil(used * (ITEM_BYTES - 8 + (asked === 0 ? 0 : length / asked)))
}

export function suitColumn(column: StoredColumn, lane: Lane, capacity: number): void {
  if (lane.nulls !== null && column.nulls === null) column.nulls = new Uint8Array(capacity)
  if (Array.isArray(lane.values)) {
    if (!Array.isArray(column.values)) column.values = Array.from(column.values)
  } else if (column.values instanceof Int32Array && !areNarrow(lane.values)) {
    column.values = Float64Array.from(column.values)
  }
}

function areNarrow(values: LaneValues): boolean {
  const numbers = values as Float64Array
  for (let row = 0; row < numbers.length; row += 1) if (((numbers[row] as number) | 0) !== numbers[row]) return false
  return true
}

function grownValues({ layout, values }: StoredColumn, capacity: number): LaneValues | Int32Array {
  if (Array.isArray(values)) {
    // An array grows by itself; it must only never have holes.
    const list = values as unknown[]
    const filler = layout === 'text' ? '' : layout === 'bytes' ? new Uint8Array(0) : 0
    while (list.length < capacity) list.push(filler)
    return values
  }
  const grown = values instanceof Int32Array ? new Int32Array(capacity) : (laneValues(layout, capacity) as Float64Array)
  grown.set(values)
  return grown
}

function grownFlags(flags: Uint8Array, capacity: number): Uint8Array {
  const grown = new Uint8Array(capacity)
  grown.set(flags)
  return grown
}

function release(values: StoredColumn['values'], slot: number): void {
  if (typeof values[slot] === 'string') values[slot] = '' as never
}
