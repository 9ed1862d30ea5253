import { utf8Text } from './packed-text.ts'
import { TextPacker } from './text-packer.ts'
import type { Layout } from './type.ts'
import { type Value, wholeNumber } from './value.ts'

/**
 * What stands in a cell. `UNCHANGED`: the source did not send a value because it did not change (a
 * TOASTed column of an update); it is taken from the row before. `ABSENT`: the source does not tell
 * (a non-key column of a delete). A `NULL` is a value; the other two are not.
 */
export const CELL = { VALUE: 0, NULL: 1, UNCHANGED: 2, ABSENT: 3 } as const

/** A column of values. `cells` is null where every cell holds a value: the common, fast case. */
export type Vector =
  /** Whole numbers that a double holds exactly; unscaled for decimals. */
  | { readonly layout: 'integer'; readonly values: Float64Array; readonly cells: Uint8Array | null }
  /** The exact escape: some value of the column is beyond 2^53. */
  | { readonly layout: 'wide'; readonly values: readonly bigint[]; readonly cells: Uint8Array | null }
  | { readonly layout: 'float'; readonly values: Float64Array; readonly cells: Uint8Array | null }
  | { readonly layout: 'boolean'; readonly values: Uint8Array; readonly cells: Uint8Array | null }
  | { readonly layout: 'text'; readonly values: readonly string[]; readonly cells: Uint8Array | null }
  | { readonly layout: 'bytes'; readonly values: readonly Uint8Array[]; readonly cells: Uint8Array | null }

export function cellAt(vector: Vector, row: number): number {
  return vector.cells === null ? CELL.VALUE : (vector.cells[row] as number)
}

/** The value in a row; `undefined` where the source did not tell (unchanged or absent). */
export function valueAt(vector: Vector, row: number): Value | undefined {
  if (vector.cells !== null) {
    const cell = vector.cells[row]
    if (cell === CELL.NULL) return null
    if (cell !== CELL.VALUE) return undefined
  }
  switch (vector.layout) {
    case 'boolean':
      return vector.values[row] === 1
    case 'wide':
      return wholeNumber(vector.values[row] as bigint)
    default:
      return vector.values[row]
  }
}

const EMPTY_BYTES = new Uint8Array(0)

/** Grows one column, value by value. The caller pushes exactly one cell per row. */
export class VectorBuilder {
  readonly #layout: Layout
  #count = 0
  #numbers: Float64Array
  #wide: bigint[] | null = null
  #flags: Uint8Array
  #list: (string | Uint8Array)[] = []
  /** Text whose values all came as bytes so far. */
  #packer: TextPacker | null = null
  readonly #capacity: number
  #cells: Uint8Array | null = null
  /** Of an earlier column's cells. */
  #spareCells: Uint8Array | null = null

  constructor(layout: Layout, capacity = 64) {
    this.#layout = layout
    this.#capacity = capacity
    this.#numbers = new Float64Array(layout === 'integer' || layout === 'float' ? capacity : 0)
    this.#flags = new Uint8Array(layout === 'boolean' ? capacity : 0)
  }

  get count(): number {
    return this.#count
  }

  /** A whole number or a float, by the layout. The fast path of every numeric column. */
  pushNumber(value: number): void {
    if (this.#wide !== null) {
      this.#wide.push(BigInt(value))
    } else {
      if (this.#count === this.#numbers.length) this.#numbers = grownNumbers(this.#numbers)
      this.#numbers[this.#count] = value
    }
    this.#finishCell()
  }

  pushWhole(value: number | bigint): void {
    if (typeof value === 'number') return this.pushNumber(value)
    const narrow = wholeNumber(value)
    if (typeof narrow === 'number') return this.pushNumber(narrow)
    this.#wide ??= Array.from(this.#numbers.subarray(0, this.#count), BigInt)
    this.#wide.push(value)
    this.#finishCell()
  }

  pushBoolean(value: boolean): void {
    if (this.#count === this.#flags.length) this.#flags = grownBytes(this.#flags)
    this.#flags[this.#count] = value ? 1 : 0
    this.#finishCell()
  }

  pushText(value: string): void {
    if (this.#packer !== null) {
      this.#list = this.#packer.strings()
      this.#packer = null
    }
    this.#list.push(value)
    this.#finishCell()
  }

  /** Text as its bytes in UTF-8, which are copied; no string is made of them before one is asked for. */
  pushUtf8(source: Buffer, start: number, end: number): void {
    if (this.#packer === null && this.#list.length > 0) return this.pushText(utf8Text(source, start, end))
    this.#packer ??= new TextPacker(this.#capacity)
    this.#packer.push(source, start, end)
    this.#finishCell()
  }

  pushBytes(value: Uint8Array): void {
    this.#list.push(value)
    this.#finishCell()
  }

  /** A null, unchanged or absent cell. */
  pushCell(cell: number): void {
    const row = this.#count
    this.#pushPlaceholder()
    const cells = this.#cells ?? this.#beginCells(row)
    this.#cells = row < cells.length ? cells : grownBytes(cells)
    this.#cells[row] = cell
  }

  /** Forgets what was pushed beyond so many cells. */
  truncate(count: number): void {
    if (this.#count <= count) return
    this.#count = count
    if (this.#list.length > count) this.#list.length = count
    if (this.#wide !== null) this.#wide.length = count
    this.#packer?.truncate(count)
  }

  push(value: Value): void {
    if (value === null) return this.pushCell(CELL.NULL)
    switch (this.#layout) {
      case 'integer':
        return this.pushWhole(value as number | bigint)
      case 'float':
        return this.pushNumber(value as number)
      case 'boolean':
        return this.pushBoolean(value as boolean)
      case 'text':
        return this.pushText(value as string)
      case 'bytes':
        return this.pushBytes(value as Uint8Array)
    }
  }

  /** Begins another column in the memory of the finished one, which nobody may hold any more. */
  reuse(): void {
    this.#count = 0
    this.#wide = null
    this.#spareCells = this.#cells ?? this.#spareCells
    this.#cells = null
    if (this.#list.length > 0) this.#list = []
    this.#packer?.truncate(0)
  }

  /** The finished column. The builder must not be used again, but for `reuse`. */
  finish(): Vector {
    const cells = this.#cells === null ? null : padded(this.#cells, this.#count)
    switch (this.#layout) {
      case 'integer':
        if (this.#wide !== null) return { layout: 'wide', values: this.#wide, cells }
        return { layout: 'integer', values: this.#numbers.subarray(0, this.#count), cells }
      case 'float':
        return { layout: 'float', values: this.#numbers.subarray(0, this.#count), cells }
      case 'boolean':
        return { layout: 'boolean', values: this.#flags.subarray(0, this.#count), cells }
      case 'text':
        return this.#packer?.finish(cells) ?? { layout: 'text', values: this.#list as string[], cells }
      case 'bytes':
        return { layout: 'bytes', values: this.#list as Uint8Array[], cells }
    }
  }

  #pushPlaceholder(): void {
    if (this.#layout === 'text') this.#pushNoText()
    else if (this.#layout === 'bytes') this.pushBytes(EMPTY_BYTES)
    else if (this.#layout === 'boolean') this.pushBoolean(false)
    else this.pushNumber(0)
  }

  #pushNoText(): void {
    if (this.#list.length > 0) return this.pushText('')
    this.#packer ??= new TextPacker(this.#capacity)
    this.#packer.pushEnd()
    this.#finishCell()
  }

  /** So far every cell held a value. */
  #beginCells(rows: number): Uint8Array {
    const spare = this.#spareCells
    if (spare === null || spare.length <= rows) return new Uint8Array(Math.max(64, rows + 1))
    return spare.fill(CELL.VALUE, 0, rows)
  }

  #finishCell(): void {
    if (this.#cells !== null) {
      if (this.#count === this.#cells.length) this.#cells = grownBytes(this.#cells)
      this.#cells[this.#count] = CELL.VALUE
    }
    this.#count += 1
  }
}

export function vectorOf(layout: Layout, values: readonly Value[]): Vector {
  const builder = new VectorBuilder(layout, values.length)
  for (const value of values) builder.push(value)
  return builder.finish()
}

export function vectorLength(vector: Vector): number {
  return vector.values.length
}

function grownNumbers(values: Float64Array): Float64Array {
  const grown = new Float64Array(Math.max(64, values.length * 2))
  grown.set(values)
  return grown
}

function grownBytes(values: Uint8Array): Uint8Array {
  const grown = new Uint8Array(Math.max(64, values.length * 2))
  grown.set(values)
  return grown
}

function padded(cells: Uint8Array, count: number): Uint8Array {
  if (cells.length >= count) return cells.subarray(0, count)
  const full = new Uint8Array(count)
  full.set(cells)
  return full
}
