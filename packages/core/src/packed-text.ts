/**
 * A column of text as its bytes. Capture moves millions of values from a socket to the store, and live models
 * hand columns on that they never look at: a string for each would be most of what is allocated.
 * Strings are made when somebody asks for a column's `values`.
 */
import type { Vector } from './vector.ts'

export interface PackedText {
  /** A byte is a unit of text as V8 holds it: no character is beyond U+00FF. */
  readonly bytes: Buffer
  /** Where each value begins and ends: of `codes` it is each entry's, else each row's. */
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  /** Which entry each row holds, where few values repeat; below 0 for none. */
  readonly codes: Float64Array | null
}

type TextVector = Extract<Vector, { layout: 'text' }>

/** A column whose strings nobody may have asked for yet. */
class LazyText {
  readonly packed: PackedText
  readonly #make: () => string[]
  #strings: string[] | null = null

  constructor(packed: PackedText, make: () => string[] = () => stringsOf(packed)) {
    this.packed = packed
    this.#make = make
  }

  get strings(): string[] {
    return (this.#strings ??= this.#make())
  }

  /** What was made once is not made again. */
  chosen(rows: Int32Array, count: number): LazyText {
    const packed = chosenPlaces(this.packed, rows, count)
    const made = this.#strings
    return made === null ? new LazyText(packed) : new LazyText(packed, () => chosenStrings(made, rows, count))
  }
}

const LAZY = new WeakMap<object, LazyText>()

/** Null for a column of strings. */
export function packedTextOf(column: object): PackedText | null {
  return LAZY.get(column)?.packed ?? null
}

function packedVector(lazy: LazyText, cells: Uint8Array | null): TextVector {
  const vector: TextVector = {
    layout: 'text',
    get values() {
      return lazy.strings
    },
    cells,
  }
  LAZY.set(vector, lazy)
  return vector
}

export function vectorOfPacked(packed: PackedText, cells: Uint8Array | null): TextVector {
  return packedVector(new LazyText(packed), cells)
}

/** A column of computed rows (a lane), as `sql` calls it. */
export interface TextColumn {
  readonly layout: 'text'
  readonly values: string[]
  readonly nulls: Uint8Array | null
}

function lazyColumn(lazy: LazyText, nulls: Uint8Array | null): TextColumn {
  const column: TextColumn = {
    layout: 'text',
    get values() {
      return lazy.strings
    },
    nulls,
  }
  LAZY.set(column, lazy)
  return column
}

export function columnOfPacked(packed: PackedText, nulls: Uint8Array | null): TextColumn {
  return lazyColumn(new LazyText(packed), nulls)
}

/** The column with the same strings or the same bytes as the vector; null where its text is no bytes. */
export function columnOfText(vector: Vector, nulls: Uint8Array | null): TextColumn | null {
  const lazy = LAZY.get(vector)
  return lazy === undefined ? null : lazyColumn(lazy, nulls)
}

/** The opposite. */
export function vectorOfText(column: object, cells: Uint8Array | null): TextVector | null {
  const lazy = LAZY.get(column)
  return lazy === undefined ? null : packedVector(lazy, cells)
}

/** The chosen rows of a column, in the order of `rows`; null where its text is no bytes. */
export function chosenText(column: object, chosen: { rows: Int32Array; count: number }, nulls: Uint8Array | null): TextColumn | null {
  const lazy = LAZY.get(column)
  return lazy === undefined ? null : lazyColumn(lazy.chosen(chosen.rows, chosen.count), nulls)
}

function chosenPlaces({ bytes, starts, ends, codes }: PackedText, rows: Int32Array, count: number): PackedText {
  if (codes !== null) {
    const chosen = new Float64Array(count)
    for (let at = 0; at < count; at += 1) chosen[at] = codes[rows[at] as number] as number
    return { bytes, starts, ends, codes: chosen }
  }
  const chosen = { bytes, starts: new Uint32Array(count), ends: new Uint32Array(count), codes }
  for (let at = 0; at < count; at += 1) {
    const row = rows[at] as number
    chosen.starts[at] = starts[row] as number
    chosen.ends[at] = ends[row] as number
  }
  return chosen
}

function chosenStrings(strings: readonly string[], rows: Int32Array, count: number): string[] {
  const chosen = new Array<string>(count)
  for (let at = 0; at < count; at += 1) chosen[at] = strings[rows[at] as number] as string
  return chosen
}

/** The rows `from` to `to`; null where the vector's text is no bytes. */
export function slicedText(vector: Vector, from: number, to: number): TextVector | null {
  const packed = packedTextOf(vector)
  if (packed === null) return null
  const { bytes, starts, ends, codes } = packed
  const cells = vector.cells?.subarray(from, to) ?? null
  if (codes !== null) return vectorOfPacked({ bytes, starts, ends, codes: codes.subarray(from, to) }, cells)
  return vectorOfPacked({ bytes, starts: starts.subarray(from, to), ends: ends.subarray(from, to), codes }, cells)
}

/** A place for each of the first `count` rows, also where rows share one. */
export function placesOfRows({ bytes, starts, ends, codes }: PackedText, count: number): PackedText & { readonly codes: null } {
  if (codes === null) return { bytes, starts: starts.subarray(0, count), ends: ends.subarray(0, count), codes }
  const places = { bytes, starts: new Uint32Array(count), ends: new Uint32Array(count), codes: null }
  for (let row = 0; row < count; row += 1) {
    const code = codes[row] as number
    if (code < 0) continue
    places.starts[row] = starts[code] as number
    places.ends[row] = ends[code] as number
  }
  return places
}

const JOINED_BYTES_LIMIT = 1 << 30

/** Columns one after the other, each with its number of rows; null where they have too many bytes for one. */
export function joinedText(parts: readonly { readonly packed: PackedText; readonly count: number }[]): PackedText | null {
  const all = parts.map(({ packed, count }) => {
    const places = placesOfRows(packed, count)
    return { places, from: lowest(places.starts, places.ends), to: highest(places.ends) }
  })
  if (all.reduce((sum, { from, to }) => sum + to - from, 0) > JOINED_BYTES_LIMIT) return null
  const count = all.reduce((sum, { places }) => sum + places.starts.length, 0)
  const joined = {
    bytes: Buffer.concat(all.map(({ places, from, to }) => places.bytes.subarray(from, to))),
    starts: new Uint32Array(count),
    ends: new Uint32Array(count),
    codes: null,
  }
  let next = 0
  let base = 0
  for (const { places, from, to } of all) {
    putPlaces(joined, places, { at: next, by: base - from })
    next += places.starts.length
    base += to - from
  }
  return joined
}

function putPlaces(into: PackedText, { starts, ends }: PackedText, { at, by }: { at: number; by: number }): void {
  const [allStarts, allEnds] = [into.starts, into.ends]
  for (let row = 0; row < starts.length; row += 1) {
    const start = starts[row] as number
    const end = ends[row] as number
    if (start === end) continue
    allStarts[at + row] = start + by
    allEnds[at + row] = end + by
  }
}

/** Of values without characters the place means nothing. */
function lowest(starts: Uint32Array, ends: Uint32Array): number {
  let least = Infinity
  for (let at = 0; at < starts.length; at += 1) {
    const start = starts[at] as number
    if (start < least && start < (ends[at] as number)) least = start
  }
  return least === Infinity ? 0 : least
}

function highest(ends: Uint32Array): number {
  let most = 0
  for (let at = 0; at < ends.length; at += 1) if ((ends[at] as number) > most) most = ends[at] as number
  return most
}

/** Node gives it to every buffer, its types do not tell; `toString` costs nearly twice as much on short texts. */
interface Sliced {
  utf8Slice(start: number, end: number): string
  latin1Slice(start: number, end: number): string
}

export function utf8Text(buffer: Buffer, start: number, end: number): string {
  return (buffer as unknown as Sliced).utf8Slice(start, end)
}

/** Up to here V8 copies a substring; a longer one would keep the whole column's text alive. */
const COPIED_UNITS_LIMIT = 12
/** A column of longer values than this on average is read value by value. */
const JOINED_AVERAGE_UNITS_LIMIT = 48
const JOINED_UNITS_LIMIT = 1 << 24

function stringsOf(packed: PackedText): string[] {
  const { bytes, starts, ends, codes } = packed
  if (codes !== null) {
    const entries = stringsOf({ bytes, starts, ends, codes: null })
    const values = new Array<string>(codes.length)
    for (let row = 0; row < codes.length; row += 1) values[row] = entries[codes[row] as number] ?? ''
    return values
  }
  const count = starts.length
  const from = lowest(starts, ends)
  const total = highest(ends) - from
  const isJoined = total <= JOINED_UNITS_LIMIT && total <= count * JOINED_AVERAGE_UNITS_LIMIT
  const source = bytes as unknown as Sliced
  const joined = isJoined && total > 0 ? source.latin1Slice(from, from + total) : ''
  const values = new Array<string>(count)
  for (let row = 0; row < count; row += 1) {
    const start = starts[row] as number
    const end = ends[row] as number
    const isCopied = isJoined && end - start <= COPIED_UNITS_LIMIT
    values[row] = start === end ? '' : isCopied ? joined.substring(start - from, end - from) : source.latin1Slice(start, end)
  }
  return values
}
