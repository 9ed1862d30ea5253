import { assert } from '@millrace/base'

/**
 * Reads what `ByteWriter` wrote. Whoever stores the bytes guards them with a checksum, so bytes that do
 * not parse are a defect, and every check here is an assertion; none lets a read leave the buffer.
 */
export class ByteReader {
  readonly #bytes: Buffer
  readonly #view: DataView
  #position = 0

  constructor(bytes: Uint8Array) {
    // Typed arrays are laid over the bytes, which needs their start to be aligned.
    const aligned = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes)
    this.#bytes = Buffer.from(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength)
    this.#view = new DataView(aligned.buffer, aligned.byteOffset, aligned.byteLength)
  }

  byte(): number {
    return this.#view.getUint8(this.#take(1))
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  float64(): number {
    return this.#view.getFloat64(this.#take(8), true)
  }

  /** A view, not a copy. */
  bytes(length: number): Uint8Array {
    const start = this.#take(length)
    return this.#bytes.subarray(start, start + length)
  }

  uint8Array(count: number): Uint8Array {
    return this.bytes(count)
  }

  uint16Array(count: number): Uint16Array {
    return new Uint16Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#array(count, 2), count)
  }

  uint32Array(count: number): Uint32Array {
    return new Uint32Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#array(count, 4), count)
  }

  float64Array(count: number): Float64Array {
    return new Float64Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#array(count, 8), count)
  }

  bigInt64Array(count: number): BigInt64Array {
    return new BigInt64Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#array(count, 8), count)
  }

  finish(): void {
    assert(this.#position === this.#bytes.length, 'an encoded batch has no bytes left over')
  }

  #array(count: number, width: number): number {
    const start = (this.#position + width - 1) & -width
    this.#take(start - this.#position + count * width)
    return start
  }

  #take(length: number): number {
    const start = this.#position
    assert(Number.isInteger(length) && length >= 0 && start + length <= this.#bytes.length, 'an encoded batch is complete')
    this.#position = start + length
    return start
  }
}
