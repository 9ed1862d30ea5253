/**
 * Cuts the bytes of a connection into the frames of Postgres's protocol, without an object per frame:
 * `next` moves over the frame and leaves its kind and its borders in fields. A frame that spans chunks
 * is put together once, however many chunks it takes.
 */
import { assert } from '@millrace/base'
import { readUint32 } from './read-uint32.ts'

/** Postgres itself makes no longer message. */
const FRAME_BYTES_MAX = 1_100_000_000
const HEADER_BYTES = 5

export class FrameReader {
  buffer: Buffer = Buffer.alloc(0)
  /** The frame's kind, the letter of the protocol. */
  kind = 0
  /** Where the frame's body lies in `buffer`. */
  start = 0
  end = 0
  #next = 0
  /** Chunks that together do not yet hold one whole frame. */
  #held: Buffer[] = []
  #heldBytes = 0
  #neededBytes = 0

  /** Takes the next bytes. All whole frames before must have been read, else they would be forgotten. */
  push(chunk: Buffer): void {
    if (this.#heldBytes === 0 && this.#next === this.buffer.length) return this.#set(chunk)
    if (this.#heldBytes === 0) this.#hold(this.buffer.subarray(this.#next))
    this.#hold(chunk)
    if (this.#heldBytes < this.#neededBytes) return this.#set(Buffer.alloc(0))
    const whole = Buffer.concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    this.#set(whole)
  }

  /** Moves to the next whole frame; false where more bytes are needed. */
  next(): boolean {
    if (this.#heldBytes > 0) return false
    const at = this.#next
    const left = this.buffer.length - at
    if (left < HEADER_BYTES) {
      this.#neededBytes = HEADER_BYTES
      return false
    }
    const length = readUint32(this.buffer, at + 1) + 1
    assert(length <= FRAME_BYTES_MAX && length >= HEADER_BYTES, 'a frame of the protocol has a plausible length')
    if (left < length) {
      this.#neededBytes = length
      return false
    }
    this.kind = this.buffer[at] as number
    this.start = at + HEADER_BYTES
    this.end = at + length
    this.#next = this.end
    return true
  }

  #hold(chunk: Buffer): void {
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
  }

  #set(buffer: Buffer): void {
    this.buffer = buffer
    this.#next = 0
  }
}
