/** Gathers a column of text from bytes, value by value; no string is made of those that are ASCII alone. */
import { isAscii } from 'node:buffer'
import { utf8Text, vectorOfPacked } from './packed-text.ts'
import type { Vector } from './vector.ts'

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
    const values: string[] = []
    let start = 0
    for (const end of this.#ends.subarray(0, this.#count)) {
      values.push(start === end ? '' : utf8Text(this.#bytes, start, end))
      start = end
    }
    return values
  }

  finish(cells: Uint8Array | null): Extract<Vector, { layout: 'text' }> {
    const bytes = this.#bytes.subarray(0, this.#size)
    if (!isAscii(bytes)) return { layout: 'text', values: this.strings(), cells }
    const ends = this.#ends.subarray(0, this.#count)
    const starts = new Uint32Array(ends.length)
    if (starts.length > 1) starts.set(ends.subarray(0, -1), 1)
    return vectorOfPacked({ bytes, starts, ends, codes: null }, cells)
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
