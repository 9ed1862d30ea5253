import { assert } from '@millrace/base'

/** The scratch that every encoding of this thread is written into; larger ones are given back at once. */
const SCRATCH_KEPT_BYTES_LIMIT = 16 << 20
/** Far more than any stage gathers, and what 32-bit arithmetic on positions allows. */
const ENCODED_BYTES_LIMIT = 2 ** 30

/** Up to here a loop is faster than the call that copies. */
const LOOPED_BYTES_LIMIT = 64

let kept = new ArrayBuffer(1 << 16)

/**
 * Appends numbers and arrays to one growing buffer. Arrays start at a multiple of their width, so that
 * a reader can lay a typed array over them; single numbers are packed.
 */
export class ByteWriter {
  #buffer: ArrayBuffer = kept
  #bytes: Buffer = Buffer.from(kept)
  #view: DataView = new DataView(kept)
  #position = 0

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#position] = value
    this.#position += 1
  }

  uint32(value: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.#position, value, true)
    this.#position += 4
  }

  float64(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.#position, value, true)
    this.#position += 8
  }

  bytes(values: Uint8Array): void {
    this.#reserve(values.length)
    this.#bytes.set(values, this.#position)
    this.#position += values.length
  }

  /** Bytes `from` to `to` of others; of a few, without a view of them. */
  part(values: Buffer, from: number, to: number): void {
    this.#reserve(to - from)
    const bytes = this.#bytes
    let place = this.#position
    if (to - from > LOOPED_BYTES_LIMIT) values.copy(bytes, place, from, to)
    else for (let at = from; at < to; at += 1, place += 1) bytes[place] = values[at] as number
    this.#position += to - from
  }

  text(value: string, encoding: 'latin1' | 'utf16le'): void {
    const length = encoding === 'latin1' ? value.length : value.length * 2
    this.#reserve(length)
    this.#position += this.#bytes.write(value, this.#position, length, encoding)
  }

  uint8Array(count: number): Uint8Array {
    const start = this.#array(count, 1)
    return new Uint8Array(this.#buffer, start, count)
  }

  uint16Array(count: number): Uint16Array {
    const start = this.#array(count, 2)
    return new Uint16Array(this.#buffer, start, count)
  }

  uint32Array(count: number): Uint32Array {
    const start = this.#array(count, 4)
    return new Uint32Array(this.#buffer, start, count)
  }

  float64Array(count: number): Float64Array {
    const start = this.#array(count, 8)
    return new Float64Array(this.#buffer, start, count)
  }

  bigInt64Array(count: number): BigInt64Array {
    const start = this.#array(count, 8)
    return new BigInt64Array(this.#buffer, start, count)
  }

  /** A copy in a buffer of its own, so that it can be handed to another thread. Ends the writer. */
  finish(): Uint8Array<ArrayBuffer> {
    const result = new Uint8Array(this.#buffer.slice(0, this.#position))
    if (this.#buffer.byteLength <= SCRATCH_KEPT_BYTES_LIMIT) kept = this.#buffer
    return result
  }

  /** Reserves an aligned place; a view of it is valid until the next call. It may replace the buffer: call it first. */
  #array(count: number, width: number): number {
    const start = (this.#position + width - 1) & -width
    this.#reserve(start - this.#position + count * width)
    // The scratch holds bytes of earlier batches; the gap must not depend on them.
    this.#bytes.fill(0, this.#position, start)
    this.#position = start + count * width
    return start
  }

  #reserve(length: number): void {
    const needed = this.#position + length
    if (needed <= this.#buffer.byteLength) return
    assert(needed < ENCODED_BYTES_LIMIT, 'an encoded batch is under 1 GiB')
    const grown = new ArrayBuffer(Math.max(needed, this.#buffer.byteLength * 2))
    const bytes = Buffer.from(grown)
    bytes.set(this.#bytes.subarray(0, this.#position))
    this.#buffer = grown
    this.#bytes = bytes
    this.#view = new DataView(grown)
  }
}
