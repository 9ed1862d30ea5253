/**
 * Cuts the bytes of a connection into the frames of Postgres's protocol, without an object per frame:
 * `next` moves over the frame and leaves its kind and its borders in fields. A frame that spans chunks
 * is put together once, however many chunks it takes; its neighbours stay where they came.
 */
import { assert } from '@millrace/base'
import { readUint32 } from './read-uint32.ts'

/** Postgres itself makes no longer message. */
const FRAME_BYTES_MAX = 1_100_000_000
const HEADER_BYTES = 5

const NOTHING = Buffer.alloc(0)

export class FrameReader {
  buffer: Buffer = NOTHING
  /** The frame's kind, the letter of the protocol. */
  kind = 0
  /** Where the frame's body lies in `buffer`. */
  start = 0
  end = 0
  #next = 0
  /** The beginning of a frame whose end has not come yet. */
  #held: Buffer[] = []
  #heldBytes = 0
  #neededBytes = 0
  /** The chunk in which the frame at hand ended, if it began in an earlier one, and where it goes on. */
  #rest: Buffer | null = null
  #restAt = 0

  /**
   * Takes the next bytes. All whole frames before must have been read, else they would be forgotten. The chunk
   * may be overwritten once `next` has found no more frame in it.
   */
  push(chunk: Buffer): void {
    if (this.#heldBytes === 0) return this.#set(chunk, 0)
    let at = 0
    for (;;) {
      const missing = this.#neededBytes - this.#heldBytes
      if (chunk.length - at < missing) return this.#hold(chunk.subarray(at))
      this.#held.push(chunk.subarray(at, at + missing))
      at += missing
      const begun = Buffer.concat(this.#held)
      const length = frameLength(begun, 0)
      this.#held = [begun]
      this.#heldBytes = begun.length
      this.#neededBytes = length
      if (length > begun.length) continue
      this.#held = []
      this.#heldBytes = 0
      this.#rest = chunk
      this.#restAt = at
      return this.#set(begun, 0)
    }
  }

  /** Moves to the next whole frame; false where more bytes are needed. */
  next(): boolean {
    if (this.#next === this.buffer.length && this.#rest !== null) {
      this.#set(this.#rest, this.#restAt)
      this.#rest = null
    }
    const at = this.#next
    const left = this.buffer.length - at
    if (left === 0) return false
    const length = left < HEADER_BYTES ? HEADER_BYTES : frameLength(this.buffer, at)
    if (left < length) {
      this.#neededBytes = length
      this.#hold(this.buffer.subarray(at))
      this.#next = this.buffer.length
      return false
    }
    this.kind = this.buffer[at] as number
    this.start = at + HEADER_BYTES
    this.end = at + length
    this.#next = this.end
    return true
  }

  /** Moves on like `next`, but only to a frame of this kind that lies whole in the same buffer. */
  nextOf(kind: number): boolean {
    const { buffer } = this
    const at = this.#next
    if (at + HEADER_BYTES > buffer.length || buffer[at] !== kind) return false
    const end = at + frameLength(buffer, at)
    if (end > buffer.length) return false
    this.start = at + HEADER_BYTES
    this.end = end
    this.#next = end
    return true
  }

  /** A copy, for the chunk is not ours. */
  #hold(part: Buffer): void {
    this.#held.push(Buffer.from(part))
    this.#heldBytes += part.length
  }

  #set(buffer: Buffer, at: number): void {
    this.buffer = buffer
    this.#next = at
  }
}

function frameLength(buffer: Buffer, at: number): number {
  const length = readUint32(buffer, at + 1) + 1
  assert(length <= FRAME_BYTES_MAX && length >= HEADER_BYTES, 'a frame of the protocol has a plausible length')
  return length
}
