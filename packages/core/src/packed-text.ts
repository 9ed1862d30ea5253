/**
 * A column of text as its bytes, one value behind the other. Capture moves millions of values from a socket
 * to the store, and nobody looks at them on the way: a string for each would be most of what is allocated.
 * Strings are made when somebody asks for a vector's `values`.
 */
import { isAscii } from 'node:buffer'
import type { Vector } from './vector.ts'

/** ASCII alone: so a byte is a character, and a unit of text as V8 holds it. */
export interface PackedText {
  readonly bytes: Buffer
  /** Where each value ends; it begins where the one before it ends. */
  readonly ends: Uint32Array
}

type TextVector = Extract<Vector, { layout: 'text' }>

const PACKED = new WeakMap<object, PackedText>()

/** Null for a vector of strings. */
export function packedTextOf(vector: Vector): PackedText | null {
  return vector.layout === 'text' ? (PACKED.get(vector) ?? null) : null
}

function packedVector(packed: PackedText, cells: Uint8Array | null): TextVector {
  let values: string[] | null = null
  const vector: TextVector = {
    layout: 'text',
    get values() {
      return (values ??= stringsOf(packed.bytes, packed.ends))
    },
    cells,
  }
  PACKED.set(vector, packed)
  return vector
}

/** Node gives it to every buffer, its types do not tell; `toString` costs nearly twice as much on short texts. */
interface Utf8 {
  utf8Slice(start: number, end: number): string
}

export function utf8Text(buffer: Buffer, start: number, end: number): string {
  return (buffer as unknown as Utf8).utf8Slice(start, end)
}

function stringsOf(bytes: Buffer, ends: Uint32Array): string[] {
  const values: string[] = []
  let start = 0
  for (let row = 0; row < ends.length; row += 1) {
    const end = ends[row] as number
    values.push(start === end ? '' : utf8Text(bytes, start, end))
    start = end
  }
  return values
}

/** Up to here a loop over words is faster than the call that copies. */
const LOOPED_BYTES_LIMIT = 256
const VALUE_BYTES_GUESS = 16

const NOTHING = Buffer.alloc(0)

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length)
}

export class TextPacker {
  #bytes: Buffer
  #view: DataView
  #source: Buffer = NOTHING
  #sourceView: DataView = viewOf(NOTHING)
  #ends: Uint32Array
  #count = 0
  #size = 0

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(64, capacity * VALUE_BYTES_GUESS))
    this.#view = viewOf(this.#bytes)
    this.#ends = new Uint32Array(Math.max(64, capacity))
  }

  /** Bytes of UTF-8. */
  push(source: Buffer, start: number, end: number): void {
    const at = this.#size
    const size = at + end - start
    if (size > this.#bytes.length) this.#growBytes(size)
    if (end - start > LOOPED_BYTES_LIMIT) source.copy(this.#bytes, at, start, end)
    else this.#copy(source, start, end)
    this.#size = size
    this.pushEnd()
  }

  #copy(source: Buffer, start: number, end: number): void {
    if (source !== this.#source) {
      this.#source = source
      this.#sourceView = viewOf(source)
    }
    const from = this.#sourceView
    const to = this.#view
    let at = start
    let place = this.#size
    for (; at + 4 <= end; at += 4, place += 4) to.setUint32(place, from.getUint32(at, true), true)
    for (; at < end; at += 1, place += 1) to.setUint8(place, from.getUint8(at))
  }

  /** A value without characters; the end of one whose bytes are there. */
  pushEnd(): void {
    if (this.#count === this.#ends.length) this.#growEnds()
    this.#ends[this.#count] = this.#size
    this.#count += 1
  }

  truncate(count: number): void {
    this.#count = count
    this.#size = count === 0 ? 0 : (this.#ends[count - 1] as number)
  }

  strings(): string[] {
    return stringsOf(this.#bytes, this.#ends.subarray(0, this.#count))
  }

  finish(cells: Uint8Array | null): TextVector {
    const bytes = this.#bytes.subarray(0, this.#size)
    if (!isAscii(bytes)) return { layout: 'text', values: this.strings(), cells }
    return packedVector({ bytes, ends: this.#ends.subarray(0, this.#count) }, cells)
  }

  #growBytes(size: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(size, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#size)
    this.#bytes = grown
    this.#view = viewOf(grown)
  }

  #growEnds(): void {
    const grown = new Uint32Array(this.#ends.length * 2)
    grown.set(this.#ends)
    this.#ends = grown
  }
}
